import { sql, type RawBuilder } from 'kysely'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app.ts'
import { prepared } from '../db/prepared.ts'
import { findSession } from '../features/auth/session.model.ts'
import { avatarJson } from '../features/pictures.sql.ts'
import { findTokenOwner } from '../features/profile/profile.presenter.ts'
import { AVAILABILITIES, type AvatarBlob } from '../features/users/user.presenter.ts'
import { hasEndpoints } from '../features/webhooks/endpoint.query.ts'
import type { Caller, Membership, SignedInAccount } from './context.ts'
import { NotAuthorizedError, NotFoundError, NotSignedInError, RefusedError } from './errors.ts'
import type { Operation } from './operation.ts'
import { readPathId } from './params.ts'

export interface SignedIn {
  caller: Caller
  account?: SignedInAccount
  membership?: Membership
}

const BOT_REFUSED = 'Access to this endpoint is not authorized for bots'

/** Who calls, and whether this operation is theirs to call. One statement, in Chatwoot's order of checks. */
export async function signIn(app: App, operation: Operation, request: FastifyRequest, reply: FastifyReply): Promise<SignedIn> {
  if (operation.access === 'nobody' || operation.access === 'client') return { caller: { kind: 'nobody' } }
  const token = apiTokenOf(request)
  if (operation.access === 'platform') return { caller: await findPlatformApp(app, token) }

  const inAccount = 'account_id' in (request.params as object)
  const accountId = inAccount ? readPathId((request.params as { account_id: string }).account_id) : null
  const found = token ? await findByToken(app, token, accountId) : await findBySession(app, request, accountId)
  if (!found) throw token ? new RefusedError(401, { error: 'Invalid Access Token' }) : new NotSignedInError()
  const { caller, account, membership, botInAccount } = found
  // From here on every answer repeats the headers of the session, refusals too.
  if (caller.kind === 'user' && caller.session) reply.headers(caller.session.headers)

  if (caller.kind !== 'user' && !operation.bots) throw new NotAuthorizedError(BOT_REFUSED)
  if (!inAccount) return { caller }
  if (operation.id.startsWith('accounts.')) return ownAccount(found, operation)
  if (!account) throw new NotFoundError()
  if (account.status === SUSPENDED) throw new NotAuthorizedError('Account is suspended')
  if (caller.kind === 'agent_bot' && botInAccount) return { caller, account }
  if (caller.kind !== 'user') throw new NotAuthorizedError(caller.kind === 'agent_bot' ? BOT_ELSEWHERE : BOT_REFUSED)
  if (!membership) throw new NotAuthorizedError('You are not authorized to access this account')
  if (operation.access === 'administrator' && membership.role !== 'administrator') throw new NotAuthorizedError()
  return { caller, account, membership }
}

const SUSPENDED = 1
const BOT_ELSEWHERE = 'Bot is not authorized to access this account'

/** An account itself is looked up among the caller's own: a stranger gets 404, and suspension is not checked. */
function ownAccount({ caller, account, membership }: Found, operation: Operation): SignedIn {
  if (!account || !membership) throw new NotFoundError()
  if (operation.access === 'administrator' && membership.role !== 'administrator') throw new NotAuthorizedError()
  return { caller, account, membership }
}

/** `api_access_token`, with a hyphen too; spaces around it do not count and a blank one is none. */
function apiTokenOf(request: FastifyRequest): string | undefined {
  const header = request.headers['api_access_token'] ?? request.headers['api-access-token']
  return (Array.isArray(header) ? header[0] : header)?.trim() || undefined
}

interface Found extends SignedIn {
  botInAccount?: boolean
}

interface FoundRow {
  owner_type: 'User' | 'AgentBot' | 'PlatformApp'
  owner_id: number
  user_name: string
  display_name: string | null
  email: string
  user_type: string | null
  pubsub_token: string | null
  avatar: AvatarBlob | null
  bot_name: string | null
  bot_account_id: number | null
  bot_in_account: boolean
  account_id: number | null
  account_name: string
  locale: number | null
  account_status: number | null
  settings: Record<string, unknown> | null
  has_endpoints: boolean
  membership_id: number | null
  role: number
  availability: number
  auto_offline: boolean
}

const COLUMNS = sql`u.name as user_name, u.display_name, u.email, u.type as user_type, u.pubsub_token,
  ${avatarJson('User', sql`u.id`)} as avatar, a.id as account_id, a.name as account_name, a.locale, a.status as account_status,
  a.settings, ${hasEndpoints(sql`a.id`)} as has_endpoints, au.id as membership_id, au.role, au.availability, au.auto_offline`

/** The account that the path names, and what the person is in it. */
const inAccount = (accountId: RawBuilder<unknown>) => sql`left join accounts a on a.id = ${accountId}
  left join account_users au on au.account_id = a.id and au.user_id = u.id`

const findTokenInAccount = prepared<{ token: string; account_id: number }, FoundRow>(
  (asked) => sql`
    select t.owner_type, t.owner_id, b.name as bot_name, b.account_id as bot_account_id,
      b.id is not null and (b.account_id = a.id or exists
        (select 1 from agent_bot_inboxes bi where bi.agent_bot_id = b.id and bi.account_id = a.id)) as bot_in_account, ${COLUMNS}
    from access_tokens t
    left join users u on t.owner_type = 'User' and u.id = t.owner_id
    left join agent_bots b on t.owner_type = 'AgentBot' and b.id = t.owner_id
    ${inAccount(asked.account_id)}
    where t.token = ${asked.token}`,
)

const findUserInAccount = prepared<{ user_id: number; account_id: number | null }, FoundRow>(
  (asked) => sql`
    select 'User' as owner_type, u.id as owner_id, ${COLUMNS} from users u ${inAccount(asked.account_id)} where u.id = ${asked.user_id}`,
)

/**
 * Remembers for a second who a token is, so that a busy client does not pay a statement for it each time. Every commit of this
 * process that is not routine forgets all of it; what another process changes counts within that second.
 */
export interface SignIns {
  find: (key: string) => Found | undefined
  keep: (key: string, found: Found) => void
  /** A token that nobody has: only chance could make it somebody's, so that a client with an ended one costs nothing. */
  isUnknown: (token: string) => boolean
  keepUnknown: (token: string) => void
  clear: () => void
  /** Grows with every clearing. */
  generation: number
}

const MOST_SIGN_INS = 10_000

export function rememberSignIns(milliseconds: number): SignIns {
  const known = new Map<string, { found: Found; until: number }>()
  const unknown = new Map<string, number>()
  const signIns: SignIns = {
    generation: 0,
    find(key) {
      const entry = known.get(key)
      return entry && entry.until > performance.now() ? entry.found : undefined
    },
    keep(key, found) {
      if (!milliseconds) return
      if (known.size >= MOST_SIGN_INS) known.clear()
      known.set(key, { found, until: performance.now() + milliseconds })
    },
    isUnknown: (token) => (unknown.get(token) ?? 0) > performance.now(),
    keepUnknown(token) {
      if (!milliseconds) return
      if (unknown.size >= MOST_SIGN_INS) unknown.clear()
      unknown.set(token, performance.now() + milliseconds)
    },
    clear() {
      signIns.generation++
      known.clear()
      unknown.clear()
    },
  }
  return signIns
}

async function findByToken(app: App, token: string, accountId: number | null): Promise<Found | undefined> {
  if (token.length > 255 || token.includes('\0') || app.signIns.isUnknown(token)) return undefined
  const key = `${token} ${accountId ?? ''}`
  const known = accountId === null ? undefined : app.signIns.find(key)
  if (known) return known
  const generation = app.signIns.generation
  const found = accountId === null ? await findOwner(app, token) : await findInAccount(app, token, accountId)
  // Read before a change that was committed meanwhile: good for this request, not for the next.
  if (generation !== app.signIns.generation) return found
  if (!found) app.signIns.keepUnknown(token)
  else if (accountId !== null) app.signIns.keep(key, found)
  return found
}

async function findInAccount(app: App, token: string, accountId: number): Promise<Found | undefined> {
  const [row] = await findTokenInAccount(app.database.kysely, { token, account_id: accountId })
  return row && foundOf(row)
}

/** Outside of any account. */
async function findOwner(app: App, token: string): Promise<Found | undefined> {
  const owner = await findTokenOwner(app, token)
  if (!owner) return undefined
  const { owner_type: type, owner_id: id, profile } = owner
  if (type === 'AgentBot') return { caller: { kind: 'agent_bot', bot: { id, name: null, account_id: null } } }
  if (type === 'PlatformApp') return { caller: { kind: 'platform_app', app: { id, name: '' } } }
  return profile ? { caller: { kind: 'user', user: profile, profile } } : undefined
}

async function findBySession(app: App, request: FastifyRequest, accountId: number | null): Promise<Found | undefined> {
  const session = await findSession(app, request)
  if (!session) return undefined
  const [row] = await findUserInAccount(app.database.kysely, { user_id: session.userId, account_id: accountId })
  const found = row && foundOf(row)
  if (found?.caller.kind === 'user') found.caller.session = session
  return found
}

function foundOf(row: FoundRow): Found | undefined {
  const account = row.account_id === null ? undefined : accountOf(row)
  if (row.owner_type === 'PlatformApp') {
    return { caller: { kind: 'platform_app', app: { id: row.owner_id, name: '' } }, ...(account && { account }) }
  }
  if (row.owner_type === 'AgentBot') {
    const bot = { id: row.owner_id, name: row.bot_name, account_id: row.bot_account_id }
    return { caller: { kind: 'agent_bot', bot }, botInAccount: row.bot_in_account, ...(account && { account }) }
  }
  if (row.email === null && row.user_name === null) return undefined
  const user = {
    id: row.owner_id,
    name: row.user_name,
    display_name: row.display_name,
    email: row.email,
    type: row.user_type,
    pubsub_token: row.pubsub_token,
    avatar: row.avatar,
  }
  return {
    caller: { kind: 'user', user },
    ...(account && { account }),
    ...(row.membership_id !== null && { membership: membershipOf(row) }),
  }
}

function accountOf(row: FoundRow): SignedInAccount {
  return {
    id: row.account_id!,
    name: row.account_name,
    locale: row.locale,
    status: row.account_status,
    settings: row.settings,
    has_endpoints: row.has_endpoints,
  }
}

function membershipOf(row: FoundRow): Membership {
  return {
    id: row.membership_id!,
    role: row.role === 1 ? 'administrator' : 'agent',
    availability: AVAILABILITIES[row.availability] ?? 'online',
    auto_offline: row.auto_offline,
  }
}

async function findPlatformApp(app: App, token: string | undefined): Promise<Caller> {
  const refused = new RefusedError(401, { error: 'Invalid access_token' })
  if (!token || token.length > 255 || token.includes('\0')) throw refused
  const { rows } = await sql<{ id: number; name: string }>`
    select p.id, p.name from access_tokens t join platform_apps p on p.id = t.owner_id
    where t.token = ${token} and t.owner_type = 'PlatformApp'`.execute(app.database.kysely)
  if (!rows[0]) throw refused
  return { kind: 'platform_app', app: rows[0] }
}
