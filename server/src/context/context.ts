import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Database } from '../db/connect.ts'
import type { DB } from '../db/schema.ts'
import type { Caller, Membership, Performer, SignedInAccount, SignedInUser } from '../vocabulary/caller.ts'
import type { EventData, EventName, LoggedEvent, PendingEvent } from '../vocabulary/events.ts'
import type { Files } from '../vocabulary/files.ts'
import type { JobName, JobOptions, JobPayload, PendingJob } from '../vocabulary/jobs.ts'
import type { Presence } from '../vocabulary/presence.ts'

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
  clear: () => void
}

export interface Sockets {
  /** Ends the open sockets of a person once the change that takes their right away is committed, in every process. */
  endOf: (ctx: Context, userId: number) => Promise<void>
}

/** All that a handler and the models below it need. Only `db` reaches the database: it is the request's transaction. */
export class Context {
  readonly app: Services
  db: Kysely<DB>
  readonly caller: Caller
  readonly #account: SignedInAccount | undefined
  readonly membership: Membership | undefined
  readonly requestId: string
  readonly address: string
  /** Headers of the answer, beside those every answer has. */
  readonly answerHeaders: Record<string, string> = {}
  readonly headers: Record<string, string | string[] | undefined>
  /** All parameters as sent, for what is about the request as a whole; everything else declares what it reads. */
  readonly sent: Record<string, unknown>
  /** What is written changes nobody's rights. */
  readonly routine: boolean
  /** False where it is known that no webhook and no bot waits for the events of this request. */
  hasEndpoints: boolean
  #events: PendingEvent[] = []
  #afterCommit: (() => void)[] = []
  #jobs: PendingJob[] = []

  constructor(values: {
    app: Services
    db: Kysely<DB>
    caller?: Caller
    account?: SignedInAccount | undefined
    membership?: Membership | undefined
    requestId?: string
    address?: string
    headers?: Record<string, string | string[] | undefined>
    sent?: Record<string, unknown>
    routine?: boolean
  }) {
    this.app = values.app
    this.db = values.db
    this.caller = values.caller ?? { kind: 'nobody' }
    this.#account = values.account
    this.membership = values.membership
    this.requestId = values.requestId ?? 'none'
    this.address = values.address ?? ''
    this.headers = values.headers ?? {}
    this.sent = values.sent ?? {}
    this.routine = values.routine ?? false
    this.hasEndpoints = values.account?.has_endpoints ?? true
  }

  /** The account in the path. */
  get account(): SignedInAccount {
    if (!this.#account) throw new Error('this operation has no account')
    return this.#account
  }

  get user(): SignedInUser {
    if (this.caller.kind !== 'user') throw new Error('this operation is open to others than people')
    return this.caller.user
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
