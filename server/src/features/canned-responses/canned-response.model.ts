import { sql } from 'kysely'
import type { AccountContext } from '../../context/context.ts'
import { lockNames, type Lock } from '../../db/lock.ts'
import { runPrepared } from '../../db/prepared.ts'
import { withinRoom } from '../../db/room.ts'
import { lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { CANNED_RESPONSE_COLUMNS as COLUMNS, type CannedResponseRecord } from './canned-response.presenter.ts'

export interface CannedResponseFields {
  short_code?: string | null
  content?: string | null
}

export async function accessCannedResponse(
  ctx: AccountContext,
  id: number,
  { lock = false }: Lock = {},
): Promise<CannedResponseRecord> {
  const response = await ctx.db
    .selectFrom('canned_responses')
    .select(COLUMNS)
    .where('account_id', '=', ctx.account.id)
    .where('id', '=', id)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst()
  if (!response) throw new NotFoundError()
  return response
}

/** What is found comes with those first whose short code begins so, then those whose short code holds it. */
export function listCannedResponses(ctx: AccountContext, search = ''): Promise<CannedResponseRecord[]> {
  const all = ctx.db.selectFrom('canned_responses').select(COLUMNS).where('account_id', '=', ctx.account.id)
  if (!search.trim()) return runPrepared(ctx.db, withinRoom(all, sql`r.id`))
  const anywhere = `%${search}%`
  const found = all.where(sql<boolean>`(short_code ilike ${anywhere} or content ilike ${anywhere})`)
  const order = sql`r.short_code ilike ${`${search}%`} desc, r.short_code ilike ${anywhere} desc, r.id`
  return runPrepared(ctx.db, withinRoom(found, order))
}

export async function createCannedResponse(
  ctx: AccountContext,
  fields: CannedResponseFields,
): Promise<CannedResponseRecord> {
  const response = { short_code: fields.short_code ?? null, content: fields.content ?? null }
  await checkCannedResponse(ctx, response)
  const now = ctx.app.now()
  return ctx.db
    .insertInto('canned_responses')
    .values({ ...response, account_id: ctx.account.id, created_at: now, updated_at: now })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
}

export async function updateCannedResponse(
  ctx: AccountContext,
  before: CannedResponseRecord,
  fields: CannedResponseFields,
): Promise<CannedResponseRecord> {
  const { short_code, content } = { ...before, ...fields }
  await checkCannedResponse(ctx, { short_code, content }, before.id)
  return ctx.db
    .updateTable('canned_responses')
    .set({ short_code, content, updated_at: ctx.app.now() })
    .where('id', '=', before.id)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
}

export async function destroyCannedResponse(ctx: AccountContext, response: CannedResponseRecord): Promise<void> {
  await ctx.db.deleteFrom('canned_responses').where('id', '=', response.id).execute()
}

async function checkCannedResponse(
  ctx: AccountContext,
  response: Required<CannedResponseFields>,
  id = 0,
): Promise<void> {
  const problems = lengthProblems(response, { short_code: 255 })
  if (!response.content?.trim()) problems.push(['content', "Content can't be blank"])
  if (!response.short_code?.trim()) problems.push(['short_code', "Short code can't be blank"])
  else if (await isTaken(ctx, response.short_code, id))
    problems.push(['short_code', 'Short code has already been taken'])
  if (problems.length) throw new RecordInvalidError(problems)
}

/** No index decides: of two who want it at the same time, the second one asks when the first one has it. */
async function isTaken(ctx: AccountContext, shortCode: string, id: number): Promise<boolean> {
  await lockNames(ctx.db, [`canned_response ${ctx.account.id} ${shortCode}`])
  const other = await ctx.db
    .selectFrom('canned_responses')
    .select('id')
    .where('account_id', '=', ctx.account.id)
    .where('short_code', '=', shortCode)
    .where('id', '<>', id)
    .executeTakeFirst()
  return other !== undefined
}
