import type { Kysely } from 'kysely'
import type { App } from '../app.ts'
import type { DB } from '../db/schema.ts'
import type { EventData, EventName, PendingEvent } from '../events/types.ts'
import type { ProfileRow } from '../features/profile/profile.presenter.ts'
import type { AvatarBlob } from '../features/users/user.presenter.ts'
import type { JobName, JobPayload } from '../jobs/job.ts'
import { NotAuthorizedError } from './errors.ts'

/** A person of the installation, as sign-in loads them. */
export interface SignedInUser {
  id: number
  name: string
  display_name: string | null
  email: string
  type: string | null
  pubsub_token: string | null
  avatar: AvatarBlob | null
}

export interface SignedInBot {
  id: number
  name: string | null
  account_id: number | null
}

export type Caller =
  | { kind: 'nobody' }
  | { kind: 'user'; user: SignedInUser; session?: Session; profile?: ProfileRow }
  | { kind: 'agent_bot'; bot: SignedInBot }
  | { kind: 'platform_app'; app: { id: number; name: string } }

/** A devise session: who it is and the headers every answer repeats. */
export interface Session {
  client: string
  headers: Record<string, string>
}

export interface Membership {
  id: number
  role: 'agent' | 'administrator'
  availability: 'online' | 'offline' | 'busy'
  auto_offline: boolean
}

export interface SignedInAccount {
  id: number
  name: string
  locale: number | null
  status: number | null
  settings: Record<string, unknown> | null
  has_endpoints: boolean
}

/** Who caused an event; shown as `performer` on the cable. */
export type Performer = { type: 'user' | 'agent_bot'; id: number } | null

/** All that a handler and the models below it need. Only `db` reaches the database: it is the request's transaction. */
export class Context {
  readonly app: App
  db: Kysely<DB>
  readonly caller: Caller
  readonly #account: SignedInAccount | undefined
  readonly membership: Membership | undefined
  readonly requestId: string
  readonly address: string
  /** Headers of the answer, beside those every answer has. */
  readonly answerHeaders: Record<string, string> = {}
  readonly headers: Record<string, string | string[] | undefined>
  /** All parameters as sent: for sign-in only, everything else declares what it reads. */
  readonly sent: Record<string, unknown>
  /** What is written changes nobody's rights. */
  readonly routine: boolean
  /** False where it is known that no webhook and no bot waits for the events of this request. */
  hasEndpoints: boolean
  #events: PendingEvent[] = []
  #afterCommit: (() => void)[] = []
  #jobs: { name: JobName; payload: unknown; options?: JobOptions }[] = []

  constructor(values: {
    app: App
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
    if (this.caller.kind !== 'user') throw new NotAuthorizedError('Access to this endpoint is not authorized for bots')
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

  takeWork() {
    const work = { events: this.#events, jobs: this.#jobs }
    this.#events = []
    this.#jobs = []
    return work
  }
}

export interface JobOptions {
  runAt?: Date
  /** One waiting job with this key at a time. */
  key?: string
  /** Jobs of one queue run one after another. */
  queue?: string
}
