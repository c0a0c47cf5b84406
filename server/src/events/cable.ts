import { sql, type RawBuilder } from 'kysely'
import type { App } from '../app.ts'
import { findConversation, type ConversationView } from '../features/conversations/conversation.query.ts'
import { selectPushedMessages, type ContactPicture, type PushedMessageView } from '../features/messages/message.query.ts'
import { botJson, contactJson, userJson } from '../features/pictures.sql.ts'
import { presentBotSender, presentUserSender, type BotPicture, type UserPicture } from '../features/users/user.presenter.ts'
import type { Performer } from '../http/context.ts'
import { catalog, type Reactions } from './catalog.ts'
import type { LoggedEvent } from './types.ts'

/** One frame for the sockets that listen on any of the streams. */
export interface Push {
  streams: string[]
  /** The stream of whoever needs no echo. */
  except?: string
  data: Record<string, unknown>
}

export interface ReadyPush {
  streams: string[]
  except?: string
  message: string
  eventId: number
}

export const accountStream = (accountId: number) => `account_${accountId}`
/** Marks that somebody listens who may hear of the account by a token of their own; nothing is ever sent on it. */
export const earsMark = (accountId: number) => `ears_${accountId}`

/** Loads what pushes show, each record once for all the events of one commit. */
export class PushScope {
  readonly app: App
  readonly accountId: number
  readonly #loaded = new Map<string, Promise<any>>()

  constructor(app: App, accountId: number) {
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
    const { rows } = await sql<{ picture: T | null }>`select ${expression} as picture`.execute(this.app.database.kysely)
    return rows[0]?.picture ?? undefined
  }

  /** The streams of an inbox's members and of the account's administrators; whoever left the account is neither. */
  agents(inboxId: number): Promise<string[]> {
    return this.#once(`agents ${inboxId}`, () =>
      this.#tokens(sql`select u.pubsub_token from account_users au join users u on u.id = au.user_id
        where au.account_id = ${this.accountId} and u.pubsub_token is not null and (au.role = 1
          or exists (select 1 from inbox_members im where im.inbox_id = ${inboxId} and im.user_id = au.user_id))`),
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
    const { rows } = await (query as RawBuilder<{ pubsub_token: string }>).execute(this.app.database.kysely)
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

/** Whether anybody of the account listens in this process. */
export function hasEars({ cable: { hub } }: App, accountId: number): boolean {
  return hub.hasListeners(earsMark(accountId))
}

/** The frames that events of one account make, for everybody's ears: each as soon as it is ready, in the order of the events. */
export async function* framesFor(app: App, accountId: number, events: LoggedEvent[]): AsyncGenerator<ReadyPush> {
  const scope = new PushScope(app, accountId)
  for (const event of events) {
    const reactions = catalog[event.name] as Reactions<any>
    const [push, performer] = await Promise.all([
      reactions.cable?.push(scope, event.data),
      reactions.cable?.rebuilt ? undefined : scope.person(event.data.performer),
    ])
    if (!push || !push.streams.length) continue
    const data = { ...push.data, ...(performer && { performer }), account_id: scope.accountId }
    yield {
      streams: push.streams,
      ...(push.except && { except: push.except }),
      message: JSON.stringify({ event: event.name, data }),
      eventId: event.id,
    }
  }
}
