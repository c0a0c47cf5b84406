import { sql, type RawBuilder } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Services } from '../../context/context.ts'
import type { Performer } from '../../vocabulary/caller.ts'
import { findConversation, type ConversationView } from '../conversations/conversation.query.ts'
import { seesInbox } from '../conversations/visibility.query.ts'
import { selectPushedMessages, type PushedMessageView } from '../messages/message.query.ts'
import type { BotPicture, ContactPicture, UserPicture } from '../pictures/picture.types.ts'
import { botJson, contactJson, userJson } from '../pictures/picture.sql.ts'
import { presentBotSender, presentUserSender } from '../users/user.presenter.ts'

/** Loads what pushes show, each record once for all the events of one commit. */
export class PushScope {
  readonly app: Services
  readonly accountId: number
  readonly #loaded = new Map<string, Promise<any>>()

  constructor(app: Services, accountId: number) {
    this.app = app
    this.accountId = accountId
  }

  #once<T>(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.#loaded.get(key) as Promise<T> | undefined
    if (known) return known
    const loading = load()
    this.#loaded.set(key, loading)
    return loading
  }

  conversation(id: number): Promise<ConversationView | undefined> {
    return this.#once(`conversation ${id}`, () => findConversation(this.app.database.kysely, id, 'push'))
  }

  message(id: number): Promise<PushedMessageView | undefined> {
    return this.#once(`message ${id}`, async () => (await selectPushedMessages(this.app.database.kysely, sql`m.id = ${id}`))[0])
  }

  contact(id: number): Promise<ContactPicture | undefined> {
    return this.#once(`contact ${id}`, () => this.#json<ContactPicture>(contactJson(sql`${id}::integer`)))
  }

  user(id: number): Promise<UserPicture | undefined> {
    return this.#once(`user ${id}`, () => this.#json<UserPicture>(userJson(sql`${id}::integer`, sql`${this.accountId}::integer`)))
  }

  async userToken(id: number): Promise<string | undefined> {
    return (await this.user(id))?.pubsub_token ?? undefined
  }

  bot(id: number): Promise<BotPicture | undefined> {
    return this.#once(`bot ${id}`, () => this.#json<BotPicture>(botJson(sql`${id}::integer`)))
  }

  async #json<T>(expression: ReturnType<typeof contactJson>): Promise<T | undefined> {
    const rows = await runPrepared(this.app.database.kysely, sql<{ picture: T | null }>`select ${expression} as picture`)
    return rows[0]?.picture ?? undefined
  }

  /** The streams of those who see an inbox. */
  agents(inboxId: number): Promise<string[]> {
    return this.#once(`agents ${inboxId}`, () =>
      this.#tokens(sql`select u.pubsub_token from account_users au join users u on u.id = au.user_id
        where au.account_id = ${this.accountId} and u.pubsub_token is not null and ${seesInbox(inboxId)}`),
    )
  }

  /** The streams of the visitor of a conversation: all their verified ones where that one is verified. */
  visitor(conversationId: number): Promise<string[]> {
    return this.#once(`visitor ${conversationId}`, () =>
      this.#tokens(sql`select other.pubsub_token from conversations c join contact_inboxes own on own.id = c.contact_inbox_id
        join contact_inboxes other on other.contact_id = own.contact_id and (other.id = own.id or (own.hmac_verified and other.hmac_verified))
        where c.id = ${conversationId} and other.pubsub_token is not null`),
    )
  }

  async #tokens(query: RawBuilder<unknown>): Promise<string[]> {
    const rows = await runPrepared(this.app.database.kysely, query as RawBuilder<{ pubsub_token: string }>)
    return rows.map((row) => row.pubsub_token)
  }

  async person(performer: Performer | undefined) {
    if (!performer) return undefined
    if (performer.type === 'agent_bot') {
      const bot = await this.bot(performer.id)
      return bot && presentBotSender(this.app, bot)
    }
    const user = await this.user(performer.id)
    return user && presentUserSender(this.app, user, this.accountId)
  }
}
