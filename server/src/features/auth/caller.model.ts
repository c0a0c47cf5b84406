import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Services } from '../../context/context.ts'
import { prepared, type Slots } from '../../db/prepared.ts'
import type { DB } from '../../db/schema.ts'
import { NotAuthorizedError, NotFoundError, NotSignedInError, RefusedError } from '../../http/errors.ts'
import type { Operation } from '../../http/operation.ts'
import { readPathId } from '../../http/params.ts'
import type { AvatarBlob, Caller, Membership, SignedIn, SignedInAccount } from '../../vocabulary/caller.ts'
import { avatarJson } from '../pictures/picture.sql.ts'
import { findTokenOwner } from '../profile/profile.presenter.ts'
import { AVAILABILITIES } from '../users/user.presenter.ts'
import { hasEndpoints } from '../webhooks/endpoint.query.ts'
import { findSession } from './session.model.ts'
import type { SignInMemory } from './sign-in-memory.ts'

const BOT_REFUSED = 'Access to this endpoint is not authorized for bots'

/** What signing in asks. */
export interface Asking extends Pick<Services, 'now'> {
  db: Kysely<DB>
  memory: SignInMemory<Found>
}

/** Who calls, and whether this operation is theirs to call; their role is looked at next. One statement, in Chatwoot's order of checks. */
export async function signIn(
  asking: Asking,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<SignedIn> {
  if (operation.access === 'nobody' || operation.access === 'visitor') return { caller: { kind: 'nobody' } }
  const token = apiTokenOf(request)
  if (operation.access === 'platform') return { caller: await findPlatformApp(asking.db, token) }

  const inAccount = 'account_id' in (request.params as object)
  const accountId = inAccount ? readPathId((request.params as { account_id: string }).account_id) : null
  const found = token ? await findByToken(asking, token, accountId) : await findBySession(asking, request, accountId)
  if (!found) throw token ? new RefusedError(401, { error: 'Invalid Access Token' }) : new NotSignedInError()
  const { caller, account, membership, botInAccount } = found
  // From here on every answer repeats the headers of the session, refusals too.
  if (caller.kind === 'user' && caller.session) reply.headers(caller.session.headers)

  if (caller.kind !== 'user' && !operation.bots) throw new NotAuthorizedError(BOT_REFUSED)
  if (!inAccount) return { caller }
  if (operation.own) return ownAccount(found)
  if (!account) throw new NotFoundError()
  if (account.status === SUSPENDED) throw new NotAuthorizedError('Account is suspended')
  if (caller.kind === 'agent_bot' && botInAccount) return { caller, account }
  if (caller.kind !== 'user') throw new NotAuthorizedError(caller.kind === 'agent_bot' ? BOT_ELSEWHERE : BOT_REFUSED)
  if (!membership) throw new NotAuthorizedError('You are not authorized to access this account')
  return { caller, account, membership }
}

const SUSPENDED = 1
const BOT_ELSEWHERE = 'Bot is not authorized to access this account'

/** An account itself is looked up among the caller's own: a stranger gets 404, and suspension is not checked. */
function ownAccount({ caller, account, membership }: Found): SignedIn {
  if (!account || !membership) throw new NotFoundError()
  return { caller, account, membership }
}

/** `api_access_token`, with a hyphen too; spaces around it do not count and a blank one is none. */
function apiTokenOf(request: FastifyRequest): string | undefined {
  const header = request.headers['api_access_token'] ?? request.headers['api-access-token']
  return (Array.isArray(header) ? header[0] : header)?.trim() || undefined
}

/** What a token or a session stands for, before this operation is asked. */
export interface Found extends SignedIn {
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
  feature_flags: string
  has_endpoints: boolean
  membership_id: number | null
  role: number
  availability: number
  auto_offline: boolean
}

const COLUMNS = sql`u.name as user_name, u.display_name, u.email, u.type as user_type, u.pubsub_token,
  ${avatarJson('User', sql`u.id`)} as avatar, a.id as account_id, a.name as account_name, a.locale, a.status as account_status,
  a.settings, a.feature_flags::text as feature_flags, ${hasEndpoints(sql`a.id`)} as has_endpoints, au.id as membership_id, au.role, au.availability, au.auto_offline`

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

async function findByToken(
  { db, memory }: Asking,
  token: string,
  accountId: number | null,
): Promise<Found | undefined> {
  if (token.length > 255 || token.includes('\0') || memory.isUnknown(token)) return undefined
  const key = `${token} ${accountId ?? ''}`
  const known = accountId === null ? undefined : memory.find(key)
  if (known) return known
  const generation = memory.generation
  const found = accountId === null ? await findOwner(db, token) : await findInAccount(db, token, accountId)
  // Read before a change that was committed meanwhile: good for this request, not for the next.
  if (generation !== memory.generation) return found
  if (!found) memory.keepUnknown(token)
  else if (accountId !== null) memory.keep(key, found)
  return found
}

async function findInAccount(db: Kysely<DB>, token: string, accountId: number): Promise<Found | undefined> {
  const [row] = await findTokenInAccount(db, { token, account_id: accountId })
  return row && foundOf(row)
}

/** Outside of any account. */
async function findOwner(db: Kysely<DB>, token: string): Promise<Found | undefined> {
  const owner = await findTokenOwner(db, token)
  if (!owner) return undefined
  const { owner_type: type, owner_id: id, profile } = owner
  if (type === 'AgentBot') return { caller: { kind: 'agent_bot', bot: { id, name: null, account_id: null } } }
  if (type === 'PlatformApp') return { caller: { kind: 'platform_app', app: { id, name: '' } } }
  return profile ? { caller: { kind: 'user', user: profile, profile } } : undefined
}

async function findBySession(
  { db, now }: Asking,
  request: FastifyRequest,
  accountId: number | null,
): Promise<Found | undefined> {
  const session = await findSession({ db, now }, request)
  if (!session) return undefined
  const [row] = await findUserInAccount(db, { user_id: session.userId, account_id: accountId })
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
    feature_flags: row.feature_flags,
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

/** A person of an account, for work that they asked for; nobody where they have left it since. */
export async function findMember(
  db: Kysely<DB>,
  asked: { account_id: number; user_id: number },
): Promise<SignedIn | undefined> {
  const [row] = await findUserInAccount(db, asked)
  const found = row && foundOf(row)
  return found?.membership ? found : undefined
}

async function findPlatformApp(db: Kysely<DB>, token: string | undefined): Promise<Caller> {
  const refused = new RefusedError(401, { error: 'Invalid access_token' })
  if (!token || token.length > 255 || token.includes('\0')) throw refused
  const [app] = await findPlatformToken(db, { token })
  if (!app) throw refused
  return { kind: 'platform_app', app }
}

const findPlatformToken = prepared((asked: Slots<{ token: string }>, db) =>
  db
    .selectFrom('access_tokens as t')
    .innerJoin('platform_apps as p', 'p.id', 't.owner_id')
    .select(['p.id', 'p.name'])
    .where('t.token', '=', asked.token)
    .where('t.owner_type', '=', 'PlatformApp'),
)
