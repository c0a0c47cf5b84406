import { sql, type RawBuilder } from 'kysely'
import type { AccountContext, Context, MemberContext } from '../../context/context.ts'
import { MissingParamError, NotFoundError, NotAuthorizedError, RecordInvalidError } from '../../http/errors.ts'
import { invalidateCache } from '../accounts/cache-key.model.ts'
import { mayOpenInbox } from '../conversations/visibility.query.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'
import { userJson } from '../pictures/picture.sql.ts'
import type { InboxRecord } from './inbox.query.ts'

/** People of the account over `au`, by id. */
export async function selectAgents(
  ctx: AccountContext,
  where: RawBuilder<unknown>,
  order = sql`au.user_id`,
): Promise<AgentPicture[]> {
  const { rows } = await sql<{ agent: AgentPicture }>`
    select ${userJson(sql`au.user_id`, sql`au.account_id`)} as agent from account_users au
    where au.account_id = ${ctx.account.id} and ${where} order by ${order}`.execute(ctx.db)
  return rows.map((row) => row.agent)
}

export function listInboxMembers(ctx: AccountContext, inbox: InboxRecord): Promise<AgentPicture[]> {
  return selectAgents(ctx, sql`au.user_id in (select im.user_id from inbox_members im where im.inbox_id = ${inbox.id})`)
}

export async function addInboxMembers(ctx: AccountContext, inbox: InboxRecord, userIds: number[] | null | undefined) {
  await addMembers(ctx, inbox, wanted(userIds))
  await invalidateCache(ctx, 'inbox', ctx.account.id)
  return listInboxMembers(ctx, inbox)
}

/** Exactly these, afterwards. */
export async function replaceInboxMembers(
  ctx: AccountContext,
  inbox: InboxRecord,
  userIds: number[] | null | undefined,
) {
  const ids = wanted(userIds)
  await addMembers(ctx, inbox, ids)
  await removeMembers(ctx, inbox, sql`not (user_id = any(${ids}::integer[]))`)
  await invalidateCache(ctx, 'inbox', ctx.account.id)
  return listInboxMembers(ctx, inbox)
}

export async function removeInboxMembers(
  ctx: AccountContext,
  inbox: InboxRecord,
  userIds: number[] | null | undefined,
) {
  await removeMembers(ctx, inbox, sql`user_id = any(${wanted(userIds)}::integer[])`)
  await invalidateCache(ctx, 'inbox', ctx.account.id)
}

/** Who may get a conversation of all these inboxes: their common members, then every other administrator. */
export async function listAssignableAgents(
  ctx: MemberContext,
  inboxIds: number[] | null | undefined,
): Promise<AgentPicture[]> {
  const ids = [...new Set(inboxIds ?? [])]
  const { rows } = await sql<{ found: number; open: number }>`
    select count(*)::integer as found,
      count(*) filter (where ${mayOpenInbox(ctx, sql`i.id`)})::integer as open
    from inboxes i where i.account_id = ${ctx.account.id} and i.id = any(${ids}::integer[])`.execute(ctx.db)
  const { found, open } = rows[0]!
  if (!ids.length || found < ids.length) throw new NotFoundError()
  if (open < ids.length) throw new NotAuthorizedError()
  const isCommon = sql`(select count(*) from inbox_members im
    where im.user_id = au.user_id and im.inbox_id = any(${ids}::integer[])) = ${ids.length}`
  return selectAgents(ctx, sql`(au.role = 1 or ${isCommon})`, sql`not (${isCommon}), au.user_id`)
}

/** What is no id is nobody's. */
const NOBODY = 0

function wanted(userIds: number[] | null | undefined): number[] {
  if (!userIds) throw new MissingParamError('user_ids')
  return [...new Set(userIds.map((id) => id ?? NOBODY))]
}

/** People of the account only: nobody else may be told about by naming them. */
async function addMembers(ctx: AccountContext, inbox: InboxRecord, userIds: number[]): Promise<void> {
  if (!userIds.length) return
  const { known } = await ctx.db
    .selectFrom('account_users')
    .select(({ fn }) => fn.countAll<number>().as('known'))
    .where('account_id', '=', ctx.account.id)
    .where('user_id', '=', sql<number>`any(${userIds}::integer[])`)
    .executeTakeFirstOrThrow()
  if (known < userIds.length) throw new RecordInvalidError([['user', 'User must exist']])
  await sql`
    insert into inbox_members (inbox_id, user_id, created_at, updated_at)
    select ${inbox.id}, id, ${ctx.app.now()}, ${ctx.app.now()} from unnest(${userIds}::integer[]) with ordinality u(id, place)
    order by place on conflict (inbox_id, user_id) do nothing`.execute(ctx.db)
}

async function removeMembers(ctx: Context, inbox: InboxRecord, which: RawBuilder<unknown>): Promise<void> {
  await sql`
    with gone as (delete from inbox_members where inbox_id = ${inbox.id} and ${which} returning user_id)
    delete from parley.assignment_turns t using gone where t.inbox_id = ${inbox.id} and t.user_id = gone.user_id`.execute(
    ctx.db,
  )
}
