import { sql } from 'kysely'
import type { AccountContext, MemberContext } from '../../context/context.ts'
import type { Lock } from '../../db/lock.ts'
import { runPrepared } from '../../db/prepared.ts'
import { withinRoom } from '../../db/room.ts'
import { lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { isWebAddress } from '../../lib/web-address.ts'
import { DASHBOARD_APP_COLUMNS, type DashboardAppRecord, type Frame } from './dashboard-app.presenter.ts'

export interface DashboardAppFields {
  title?: string | null
  content?: { type?: string | null; url?: string | null }[] | null
}

export function listDashboardApps(ctx: AccountContext): Promise<DashboardAppRecord[]> {
  return runPrepared(ctx.db, withinRoom(selectDashboardApps(ctx), sql`r.id`))
}

export async function accessDashboardApp(
  ctx: AccountContext,
  id: number,
  { lock = false }: Lock = {},
): Promise<DashboardAppRecord> {
  const one = selectDashboardApps(ctx).where('id', '=', id)
  const [app] = await runPrepared(ctx.db, lock ? one.forUpdate() : one)
  if (!app) throw new NotFoundError()
  return app
}

function selectDashboardApps(ctx: AccountContext) {
  return ctx.db
    .selectFrom('dashboard_apps')
    .select(DASHBOARD_APP_COLUMNS)
    .$narrowType<{ content: Frame[] | null }>()
    .where('account_id', '=', ctx.account.id)
}

export async function createDashboardApp(ctx: MemberContext, fields: DashboardAppFields): Promise<DashboardAppRecord> {
  const { title, content } = settle({ title: null, content: null, ...fields })
  const now = ctx.app.now()
  const { id } = await ctx.db
    .insertInto('dashboard_apps')
    .values({ account_id: ctx.account.id, user_id: ctx.user.id, title, content, created_at: now, updated_at: now })
    .returning('id')
    .executeTakeFirstOrThrow()
  return accessDashboardApp(ctx, id)
}

export async function updateDashboardApp(
  ctx: AccountContext,
  app: DashboardAppRecord,
  fields: DashboardAppFields,
): Promise<DashboardAppRecord> {
  const { title, content } = settle({ ...app, ...fields })
  await ctx.db
    .updateTable('dashboard_apps')
    .set({ title, content, updated_at: ctx.app.now() })
    .where('id', '=', app.id)
    .execute()
  return accessDashboardApp(ctx, app.id)
}

export async function destroyDashboardApp(ctx: AccountContext, app: DashboardAppRecord): Promise<void> {
  await ctx.db.deleteFrom('dashboard_apps').where('id', '=', app.id).execute()
}

function settle(app: Required<DashboardAppFields>): { title: string; content: string } {
  const problems = lengthProblems(app, { title: 255 })
  if (app.title === null) problems.push(['title', "Title can't be blank"])
  if (!app.content?.length || !app.content.every(isFrame)) problems.push(['content', 'Content : Invalid data'])
  if (problems.length) throw new RecordInvalidError(problems)
  return { title: app.title!, content: JSON.stringify(app.content) }
}

/** What a dashboard opens is a page of the web, and nothing that would run in the dashboard itself. */
function isFrame({ type, url }: { type?: string | null; url?: string | null }): boolean {
  return type === 'frame' && isWebAddress(url) && /^https?:\/\/[^/]/.test(url!)
}
