import { sql, type RawBuilder } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Services } from '../../context/context.ts'
import type { Performer } from '../../vocabulary/caller.ts'
import type { Claim } from '../../vocabulary/visitor.ts'
import { findConversation, type ConversationView } from '../conversations/conversation.query.ts'
import { seesInbox } from '../conversations/visibility.query.ts'
import { selectPushedMessages, type PushedMessageView } from '../messages/message.query.ts'
import type { BotPicture, ContactPicture, UserPicture } from '../pictures/picture.types.ts'
import { botJson, contactJson, userJson } from '../pictures/picture.sql.ts'
import { presentBotSender, presentUserSender } from '../users/user.presenter.ts'

export interface PushedVisitor {
  streams: string[]
  claim: Claim | null
}

/** Loads what pushes show, each record once for all the events of one commit. */
export class PushScope {
  readonly app: Services
  readonly accountId: number
  readonly #loaded = new Map<string, Promise<any>>()
  #asked: { expression: RawBuilder<unknown>; resolve: (value: unknown) => void; reject: (error: unknown) => void }[] =
    []

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
    return this.#once(
      `message ${id}`,
      async () => (await selectPushedMessages(this.app.database.kysely, sql`m.id = ${id}`))[0],
    )
  }

  contact(id: number): Promise<ContactPicture | undefined> {
    return this.#once(`contact ${id}`, () => this.#value<ContactPicture>(contactJson(sql`${id}::integer`)))
  }

  user(id: number): Promise<UserPicture | undefined> {
    return this.#once(`user ${id}`, () =>
      this.#value<UserPicture>(userJson(sql`${id}::integer`, sql`${this.accountId}::integer`)),
    )
  }

  async userToken(id: number): Promise<string | undefined> {
    return (await this.user(id))?.pubsub_token ?? undefined
  }

  bot(id: number): Promise<BotPicture | undefined> {
    return this.#once(`bot ${id}`, () => this.#value<BotPicture>(botJson(sql`${id}::integer`)))
  }

  /** The streams of those who see an inbox. */
  agents(inboxId: number): Promise<string[]> {
    return this.#once(`agents ${inboxId}`, () =>
      this.#tokens(sql`select u.pubsub_token from account_users au join users u on u.id = au.user_id
        where au.account_id = ${this.accountId} and u.pubsub_token is not null and ${seesInbox(inboxId)}`),
    )
  }

  /** The visitor of a conversation: the streams, all their verified ones where that one is verified, and what they are shown of themselves. */
  visitor(conversationId: number): Promise<PushedVisitor> {
    return this.#once(`visitor ${conversationId}`, async () => {
      const found = await this.#value<PushedVisitor>(sql`(select json_build_object(
        'streams', coalesce(json_agg(other.pubsub_token) filter (where other.pubsub_token is not null), '[]'),
        'claim', (array_agg((select to_json(cl) from parley.claims cl where cl.contact_inbox_id = own.id)))[1])
        from conversations c join contact_inboxes own on own.id = c.contact_inbox_id
        join contact_inboxes other on other.contact_id = own.contact_id and (other.id = own.id or (own.hmac_verified and other.hmac_verified))
        where c.id = ${conversationId})`)
      return found ?? { streams: [], claim: null }
    })
  }

  async #tokens(tokens: RawBuilder<unknown>): Promise<string[]> {
    return (await this.#value<string[]>(sql`(select json_agg(pubsub_token) from (${tokens}) listeners)`)) ?? []
  }

  /** What is asked for in the same turn comes in one statement: a round trip costs more than its work. */
  #value<T>(expression: RawBuilder<unknown>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const first =
        this.#asked.push({ expression, resolve: (value) => resolve((value as T | null) ?? undefined), reject }) === 1
      if (first) queueMicrotask(() => void this.#answer())
    })
  }

  async #answer(): Promise<void> {
    const asked = this.#asked
    this.#asked = []
    try {
      const columns = asked.map(({ expression }, i) => sql`${expression} as ${sql.ref(String(i))}`)
      const statement = sql<Record<string, unknown>>`select ${sql.join(columns)}`
      const [row] = await runPrepared(this.app.database.kysely, statement)
      asked.forEach(({ resolve }, i) => resolve(row![i]))
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
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
