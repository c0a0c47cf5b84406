import { sql, type RawBuilder } from 'kysely'
import type { MemberContext, UserContext } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import { idOf, readPage } from '../../http/params.ts'
import { readConversations, type ConversationView } from './conversation.query.ts'
import { CONVERSATION_STATUSES } from './conversation.presenter.ts'
import { isListed, isWatched } from './visibility.query.ts'
import { runOnce, runPrepared } from '../../db/prepared.ts'

export interface ListFilters {
  status?: string | null
  assignee_type?: string | null
  inbox_id?: string | null
  team_id?: string | null
  labels?: string[] | null
  conversation_type?: string | null
  q?: string | null
  source_id?: string | null
  sort_by?: string | null
  page?: string | null
  updated_within?: string | null
}

export interface Counts {
  mine_count: number
  assigned_count: number
  unassigned_count: number
  all_count: number
}

export interface ConversationPage {
  counts: Counts
  conversations: ConversationView[]
}

/** The list and its counts. Two statements, three where a team is named. */
export async function listConversations(ctx: MemberContext, filters: ListFilters): Promise<ConversationPage> {
  return readPageOf(ctx, await conditions(ctx, filters), filters, runnerOf(filters))
}

/** A page of what a condition over `c` finds, with the counts of the whole. */
export async function readPageOf(
  ctx: UserContext,
  where: RawBuilder<unknown>,
  filters: ListFilters,
  run = runOnce,
): Promise<ConversationPage> {
  const { ids, ...counts } = await find(ctx, where, { page: pageOf(ctx, filters), run })
  return { counts: countsOf(counts), conversations: await readConversations(ctx.db, ids) }
}

export async function countFiltered(ctx: MemberContext, filters: ListFilters): Promise<Counts> {
  return countConversations(ctx, await conditions(ctx, filters), runnerOf(filters))
}

export async function countConversations(ctx: UserContext, where: RawBuilder<unknown>, run = runOnce): Promise<Counts> {
  return countsOf(await find(ctx, where, { run }))
}

/** What dashboards ask all day comes in few forms; what is searched for is found by plans for it. */
function runnerOf({ q, labels, source_id: source, updated_within: within }: ListFilters): typeof runPrepared {
  return q || labels?.length || source || within ? runOnce : runPrepared
}

interface Found {
  mine: number
  unassigned: number
  total: number
  ids: number[]
}

/** How many there are, and the ids of the page, found on indexes alone; what the page shows is read for these only. */
async function find(
  ctx: UserContext,
  where: RawBuilder<unknown>,
  { page, run }: { page?: RawBuilder<unknown>; run: typeof runPrepared },
): Promise<Found> {
  const rows = await run(
    ctx.db,
    sql<Found>`
    select count(*) filter (where c.assignee_id = ${ctx.user.id}) as mine,
      count(*) filter (where c.assignee_id is null and c.assignee_agent_bot_id is null) as unassigned, count(*) as total,
      ${page ? sql`array(select c.id from conversations c where ${where} ${page})` : sql`'{}'::integer[]`} as ids
    from conversations c where ${where}`,
  )
  return rows[0]!
}

function countsOf({ mine, unassigned, total }: Omit<Found, 'ids'>): Counts {
  return { mine_count: mine, assigned_count: total - unassigned, unassigned_count: unassigned, all_count: total }
}

/** What a list shows of what it counts: its assignees, in its order, page by page. */
export function pageOf(ctx: UserContext, filters: ListFilters): RawBuilder<unknown> {
  const assignee = sql`and ${assigneeCondition(ctx, filters.assignee_type)}`
  const sorted = order(filters.sort_by)
  if (filters.updated_within) {
    return sql`${assignee} and c.updated_at > ${new Date(ctx.app.now().getTime() - idOf(filters.updated_within) * 1000)} ${sorted}`
  }
  const size = ctx.app.config.conversationsPerPage
  return sql`${assignee} ${sorted} limit ${size} offset ${(readPage(filters.page) - 1) * size}`
}

export async function conditions(ctx: MemberContext, filters: ListFilters): Promise<RawBuilder<unknown>> {
  const parts: RawBuilder<unknown>[] = [sql`c.account_id = ${ctx.account.id}`]
  const userId = ctx.user.id
  if (filters.conversation_type === 'participating') {
    // It replaces the whole scope: neither the inbox nor what one may list counts then.
    parts.push(isWatched(ctx))
  } else {
    parts.push(isListed(ctx))
    if (isSent(filters.inbox_id)) parts.push(sql`c.inbox_id = ${idOf(filters.inbox_id)}`)
  }
  if (filters.conversation_type === 'mention') {
    parts.push(sql`exists (select 1 from mentions mn where mn.conversation_id = c.id and mn.user_id = ${userId})`)
  } else if (filters.conversation_type === 'unattended') {
    parts.push(sql`(c.first_reply_created_at is null or c.waiting_since is not null)`)
  }
  if (filters.q) {
    parts.push(sql`exists (select 1 from messages qm where qm.conversation_id = c.id and qm.account_id = c.account_id
      and qm.message_type in (0, 1) and qm.content ilike ${`%${filters.q}%`})`)
  } else if (filters.status !== 'all') {
    const status = CONVERSATION_STATUSES.indexOf((filters.status ?? 'open') as (typeof CONVERSATION_STATUSES)[number])
    parts.push(sql`c.status = ${status}`)
  }
  if (isSent(filters.team_id)) {
    const id = idOf(filters.team_id)
    const rows = await runPrepared(
      ctx.db,
      ctx.db.selectFrom('teams').select('id').where('id', '=', id).where('account_id', '=', ctx.account.id),
    )
    if (!rows.length) throw new NotFoundError()
    parts.push(sql`c.team_id = ${id}`)
  }
  if (isSent(filters.labels)) {
    const labels = filters.labels.flatMap((label) =>
      label
        .toLowerCase()
        .split(',')
        .map((name) => name.trim()),
    )
    parts.push(sql`exists (select 1 from taggings tg join tags t on t.id = tg.tag_id where tg.taggable_type = 'Conversation'
      and tg.taggable_id = c.id and tg.context = 'labels' and lower(t.name) = any(${labels}::text[]))`)
  }
  if (isSent(filters.source_id)) {
    parts.push(
      sql`exists (select 1 from contact_inboxes ci where ci.id = c.contact_inbox_id and ci.source_id = ${filters.source_id})`,
    )
  }
  return sql.join(parts, sql` and `)
}

/** An empty text is sent too: it finds nothing, rather than everything. */
const isSent = <T>(value: T | null | undefined): value is T => value !== undefined && value !== null

function assigneeCondition(ctx: UserContext, type: string | null | undefined): RawBuilder<unknown> {
  if (type === 'me') return sql`c.assignee_id = ${ctx.user.id}`
  if (type === 'unassigned') return sql`c.assignee_id is null and c.assignee_agent_bot_id is null`
  if (type === 'assigned') return sql`(c.assignee_id is not null or c.assignee_agent_bot_id is not null)`
  return sql`true`
}

/** Each a whole order: a page neither repeats nor skips what is equal. */
const ORDERS: Record<string, RawBuilder<unknown>> = {
  last_activity_at_asc: sql`order by c.last_activity_at asc, c.id asc`,
  last_activity_at_desc: sql`order by c.last_activity_at desc, c.id desc`,
  created_at_asc: sql`order by c.created_at asc, c.id asc`,
  created_at_desc: sql`order by c.created_at desc, c.id desc`,
  priority_asc: sql`order by c.priority asc nulls last, c.last_activity_at desc, c.id desc`,
  priority_desc: sql`order by c.priority desc nulls last, c.last_activity_at desc, c.id desc`,
  waiting_since_asc: sql`order by c.waiting_since asc nulls last, c.created_at asc, c.id asc`,
  waiting_since_desc: sql`order by c.waiting_since desc nulls last, c.created_at asc, c.id asc`,
}

const ALIASES: Record<string, string> = {
  latest: 'last_activity_at_desc',
  sort_on_created_at: 'created_at_asc',
  sort_on_priority: 'priority_desc',
  sort_on_waiting_since: 'waiting_since_asc',
}

function order(sortBy: string | null | undefined): RawBuilder<unknown> {
  const name = ALIASES[sortBy ?? ''] ?? sortBy ?? ''
  return (Object.hasOwn(ORDERS, name) && ORDERS[name]) || ORDERS.last_activity_at_desc!
}
