import { verify } from '@node-rs/bcrypt'
import type { FastifyRequest } from 'fastify'
import { sql, type Kysely } from 'kysely'
import type { Context, Services } from '../../context/context.ts'
import { inTransaction } from '../../context/transaction.ts'
import { prepared } from '../../db/prepared.ts'
import type { DB } from '../../db/schema.ts'
import { hashToken } from '../../lib/passwords.ts'
import { digest, urlSafeToken } from '../../lib/tokens.ts'
import type { Session } from '../../vocabulary/caller.ts'

const MAX_CLIENTS = 25
const LIFE_MONTHS = 2
const REMEMBERED = 10_000

/** Of each client as devise keeps it. */
interface ClientToken {
  token: string
  /** Unix seconds. */
  expiry: number
  updated_at?: string
}

type ClientTokens = Record<string, ClientToken>

interface Credentials {
  token: string
  client: string
  uid: string
}

/** Checking a token takes a tenth of a second, and the same one comes with every request: what held once is remembered. */
const verified = new Map<string, true>()

/** The session of a request's headers, of its query, or of the Bearer header that holds them; undefined when there is none that lasts. */
export function findSession(asking: Asking, request: FastifyRequest): Promise<FoundSession | undefined> {
  return checkCredentials(asking, credentialsOf(request.headers, request.query as Record<string, unknown>))
}

/** The same for operations that are open to nobody in particular. */
export function findSessionOf(ctx: Context): Promise<FoundSession | undefined> {
  return checkCredentials({ db: ctx.app.database.kysely, now: ctx.app.now }, credentialsOf(ctx.headers, ctx.sent))
}

interface FoundClient {
  id: number
  entry: Partial<ClientToken> | null
}

const findClient = prepared<{ uid: string; client: string }, FoundClient>(
  (asked) =>
    sql`select id, tokens -> ${asked.client} as entry from users where uid = ${asked.uid} and provider = 'email' limit 1`,
)

type FoundSession = Session & { userId: number }

interface Asking extends Pick<Services, 'now'> {
  db: Kysely<DB>
}

async function checkCredentials(
  { db, now }: Asking,
  credentials: Credentials | undefined,
): Promise<FoundSession | undefined> {
  if (!credentials || Object.values(credentials).some((text) => text.length > 255 || text.includes('\0')))
    return undefined
  const { uid, client } = credentials
  const [{ id, entry } = {} as Partial<FoundClient>] = await findClient(db, { uid, client })
  if (!id || !entry?.token || !entry.expiry || entry.expiry * 1000 < now().getTime()) return undefined
  if (!(await isToken(credentials.token, entry.token))) return undefined
  return { userId: id, client: credentials.client, headers: sessionHeaders(credentials, entry.expiry) }
}

async function isToken(token: string, kept: string): Promise<boolean> {
  const key = `${kept} ${digest(token)}`
  if (verified.has(key)) return true
  if (!(await verify(token, kept).catch(() => false))) return false
  if (verified.size >= REMEMBERED) verified.clear()
  verified.set(key, true)
  return true
}

type Headers = Record<string, string | string[] | undefined>

function credentialsOf(headers: Headers, sent: Record<string, unknown>): Credentials | undefined {
  const bearer = readBearer(headers.authorization as string | undefined)
  const find = (name: string) => {
    const values = [headers[name], headers[name.replace('-', '_')], bearer?.[name], sent[name]]
    return values.find((value): value is string => typeof value === 'string' && value !== '')
  }
  const [token, client, uid] = [find('access-token'), find('client'), find('uid')]
  return token && client && uid ? { token, client, uid } : undefined
}

function readBearer(header: string | undefined): Record<string, unknown> | undefined {
  if (!/^bearer /i.test(header ?? '') || header!.length > 2000) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(header!.slice(7), 'base64').toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** What every answer to a session repeats. */
function sessionHeaders({ token, client, uid }: Credentials, expiry: number): Record<string, string> {
  const headers = { 'access-token': token, 'token-type': 'Bearer', client, expiry: String(expiry), uid }
  return { ...headers, authorization: `Bearer ${Buffer.from(JSON.stringify(headers)).toString('base64')}` }
}

/** A new session of a person; the oldest gives way to the 26th. */
export async function createSession(ctx: Context, user: { id: number; uid: string }): Promise<Record<string, string>> {
  const { app } = ctx
  const [token, client] = [urlSafeToken(), urlSafeToken()]
  const end = new Date(app.now())
  end.setUTCMonth(end.getUTCMonth() + LIFE_MONTHS)
  const expiry = Math.floor(end.getTime() / 1000)
  const entry: ClientToken = { token: await hashToken(token), expiry, updated_at: app.now().toISOString() }
  await changeTokens(ctx, user.id, (tokens) => {
    const kept = oldestFirst(tokens).slice(1 - MAX_CLIENTS)
    return { ...Object.fromEntries(kept), [client]: entry }
  })
  return sessionHeaders({ token, client, uid: user.uid }, expiry)
}

export function endSession(ctx: Context, userId: number, client: string): Promise<void> {
  return changeTokens(ctx, userId, ({ [client]: _, ...others }) => others)
}

/** After a change of password only the newest session goes on, as with devise. Returns its client. */
export async function endOtherSessions(ctx: Context, userId: number): Promise<string | undefined> {
  let newest: [client: string, entry: ClientToken] | undefined
  await changeTokens(ctx, userId, (tokens) => {
    newest = oldestFirst(tokens).at(-1)
    return newest ? Object.fromEntries([newest]) : {}
  })
  return newest?.[0]
}

/** Where nobody can say which of them are in the right hands. */
export function endAllSessions(ctx: Context, userId: number): Promise<void> {
  return changeTokens(ctx, userId, () => ({}))
}

/** Those of one second stay as they came: a new one is added at the end. */
function oldestFirst(tokens: ClientTokens): [client: string, entry: ClientToken][] {
  return Object.entries(tokens).sort(([, a], [, b]) => a.expiry - b.expiry)
}

async function changeTokens(
  ctx: Context,
  userId: number,
  change: (tokens: ClientTokens) => ClientTokens,
): Promise<void> {
  await inTransaction(ctx, async () => {
    const user = await ctx.db
      .selectFrom('users')
      .select('tokens')
      .where('id', '=', userId)
      .forUpdate()
      .executeTakeFirst()
    const tokens = user?.tokens as ClientTokens | string | null | undefined
    const before = typeof tokens === 'string' ? (JSON.parse(tokens) as ClientTokens) : (tokens ?? {})
    await ctx.db
      .updateTable('users')
      .set({ tokens: JSON.stringify(change(before)) })
      .where('id', '=', userId)
      .execute()
  })
}
