import { columns, type Refine, type Row } from '../../db/columns.ts'
import { iso } from '../../lib/times.ts'

export const DASHBOARD_APP_COLUMNS = columns('dashboard_apps', 'id', 'title', 'content', 'created_at')

/** A page of somebody else that dashboards show in a frame beside a conversation. */
export interface Frame {
  type: string
  url: string
}

export type DashboardAppRecord = Refine<Row<typeof DASHBOARD_APP_COLUMNS>, { content: Frame[] | null }>

export function presentDashboardApp(app: DashboardAppRecord) {
  return { id: app.id, title: app.title, content: app.content ?? [], created_at: iso(app.created_at) }
}
