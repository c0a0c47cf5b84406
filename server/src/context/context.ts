import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Database } from '../db/connect.ts'
import type { DB } from '../db/schema.ts'
import type { Caller, Membership, Performer, SignedIn, SignedInAccount, SignedInUser } from '../vocabulary/caller.ts'
import type { EventData, EventName, LoggedEvent, PendingEvent } from '../vocabulary/events.ts'
import type { Files } from '../vocabulary/files.ts'
import type { JobName, JobOptions, JobPayload, PendingJob } from '../vocabulary/jobs.ts'
import type { Presence } from '../vocabulary/presence.ts'
import type { ClientInbox, Visitor } from '../vocabulary/visitor.ts'

/** What handlers, jobs and reactions of a running server share. Made by `app.ts`. */
export interface Services {
  config: Config
  database: Database
  log: Logger
  now: () => Date
  files: Files
  presence: Presence
  outbox: Outbox
  signIns: SignIns
  sockets: Sockets
}

/** What a transaction has to say to the world: written with it, told after it. */
export interface Outbox {
  /** The last statement before the COMMIT. */
  write: (db: Kysely<DB>, work: Work, options: { hasEndpoints: boolean }) => Promise<Said>
  /** It is committed. */
  publish: (said: Said) => void
  /** It may be committed: the log knows. */
  look: (said: Said) => void
}

export interface Work {
  events: PendingEvent[]
  jobs: PendingJob[]
}

export interface Said {
  events: LoggedEvent[]
  /** How many deliveries to webhooks and bots came of it. */
  deliveries: number
}

/** Who is remembered as signed in, and what that has to forget. */
export interface SignIns {
  /** Whether a statement writes to what sign-ins are read from. */
  dependOn: (statement: string) => boolean
  /** In every process: in the others once the transaction of `db` is committed, here by `clear`. */
  tell: (db: Kysely<DB>) => Promise<void>
  clear: () => void
}

export interface Sockets {
  /** Ends the open sockets of a person once the change that takes their right away is committed, in every process. */
  endOf: (ctx: Context, userId: number) => Promise<void>
}

interface ContextValues extends Partial<SignedIn> {
  app: Services
  db: Kysely<DB>
  requestId?: string
  address?: string
  headers?: Record<string, string | string[] | undefined>
}

/**
 * All that a handler and the models below it need. Only `db` reaches the database: it is the request's transaction. What is there
 * only for some callers is required by the types below, which an operation's `access` gives its handler.
 */
export class Context {
  readonly app: Services
  db: Kysely<DB>
  readonly caller: Caller
  /** The account in the path. */
  readonly account?: SignedInAccount
  readonly membership?: Membership
  /** Of a person who calls, not of a bot. */
  readonly user?: SignedInUser
  readonly platformApp?: { id: number; name: string }
  /** In the Client API: where a visitor comes in, and who they are. */
  clientInbox?: ClientInbox
  visitor?: Visitor
  readonly requestId: string
  readonly address: string
  /** Headers of the answer, beside those every answer has. */
  readonly answerHeaders: Record<string, string> = {}
  readonly headers: Record<string, string | string[] | undefined>
  /** All parameters as sent, for what is about the request as a whole; everything else declares what it reads. */
  sent: Record<string, unknown> = {}
  /** False where it is known that no webhook and no bot waits for the events of this request. */
  hasEndpoints: boolean
  #events: PendingEvent[] = []
  #afterCommit: (() => void)[] = []
  #jobs: PendingJob[] = []
  #behind: Promise<unknown>[] = []
  #undo: (() => Promise<void>)[] = []

  constructor({ app, db, caller = { kind: 'nobody' }, account, membership, ...request }: ContextValues) {
    this.app = app
    this.db = db
    this.caller = caller
    if (account) this.account = account
    if (membership) this.membership = membership
    if (caller.kind === 'user') this.user = caller.user
    if (caller.kind === 'platform_app') this.platformApp = caller.app
    this.requestId = request.requestId ?? 'none'
    this.address = request.address ?? ''
    this.headers = request.headers ?? {}
    this.hasEndpoints = account?.has_endpoints ?? true
  }

  get isAdministrator(): boolean {
    return this.membership?.role === 'administrator'
  }

  get performer(): Performer {
    if (this.caller.kind === 'user') return { type: 'user', id: this.caller.user.id }
    return this.caller.kind === 'agent_bot' ? { type: 'agent_bot', id: this.caller.bot.id } : null
  }

  /** Says what was just written. Kept in the same transaction; told to the world after the commit. */
  emit<Name extends EventName>(name: Name, data: EventData<Name>): void {
    this.#events.push({ name, data: { performer: this.performer, ...data } })
  }

  /** Asks for work after the commit; the job is a row of the same transaction. */
  later<Name extends JobName>(name: Name, payload: JobPayload<Name>, options?: JobOptions): void {
    this.#jobs.push({ name, payload, ...(options && { options }) })
  }

  /** For what lives in this process only: sockets. Forgotten when the transaction fails. */
  afterCommit(work: () => void): void {
    this.#afterCommit.push(work)
  }

  /** Undoes what no transaction can, a file: where this one leaves nothing behind. */
  onFailure = (undo: () => Promise<void>): void => {
    this.#undo.push(undo)
  }

  takeUndo(): (() => Promise<void>)[] {
    const undo = this.#undo
    this.#undo = []
    return undo
  }

  /** A write that nothing in the request waits for: it is out, and the commit waits for it. */
  behind(write: Promise<unknown>): void {
    write.catch(() => {})
    this.#behind.push(write)
  }

  takeBehind(): Promise<unknown>[] {
    const writes = this.#behind
    this.#behind = []
    return writes
  }

  takeAfterCommit(): (() => void)[] {
    const work = this.#afterCommit
    this.#afterCommit = []
    return work
  }

  takeWork(): Work {
    const work = { events: this.#events, jobs: this.#jobs }
    this.#events = []
    this.#jobs = []
    return work
  }
}

/** In an account: a member, or a bot of it. */
export type AccountContext = Context & { readonly account: SignedInAccount }
/** A person, wherever. */
export type UserContext = Context & { readonly user: SignedInUser }
/** A person in an account that is theirs. */
export type MemberContext = AccountContext & UserContext & { readonly membership: Membership }
export type PlatformContext = Context & { readonly platformApp: { id: number; name: string } }
export type ClientContext = Context & { readonly clientInbox: ClientInbox }
export type VisitorContext = ClientContext & { readonly visitor: Visitor }
