import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { RecordInvalidError } from '../../http/errors.ts'
import type { InboxRecord, WorkingHour } from './inbox.query.ts'

/** Monday to Friday from nine to five; a closed weekend. */
export async function createWorkingHours(ctx: Context, accountId: number, inboxId: number): Promise<void> {
  await sql`
    insert into working_hours (inbox_id, account_id, day_of_week, closed_all_day, open_hour, open_minutes, close_hour,
      close_minutes, open_all_day, created_at, updated_at)
    select ${inboxId}, ${accountId}, day, closed, case when not closed then 9 end, case when not closed then 0 end,
      case when not closed then 17 end, case when not closed then 0 end, false, ${ctx.app.now()}, ${ctx.app.now()}
    from generate_series(0, 6) day, lateral (select day in (0, 6) as closed) c`.execute(ctx.db)
}

/** Rows are found by their day and change what they name. A row that does not hold is passed over. */
export async function updateWorkingHours(
  ctx: Context,
  inbox: InboxRecord,
  wanted: (Partial<WorkingHour> | null)[],
): Promise<void> {
  const known = new Map((inbox.working_hours ?? []).map((row) => [row.day_of_week, row]))
  const changed = new Map<number, WorkingHour>()
  for (const row of wanted) {
    const before = known.get(row?.day_of_week ?? -1)
    if (!before) throw new RecordInvalidError([['day_of_week', 'Day of week is not included in the list']])
    const after = settle({ ...before, ...row })
    if (!isSound(after)) continue
    known.set(after.day_of_week, after)
    changed.set(after.day_of_week, after)
  }
  if (!changed.size) return
  await sql`
    update working_hours wh set closed_all_day = n.closed_all_day, open_hour = n.open_hour, open_minutes = n.open_minutes,
      close_hour = n.close_hour, close_minutes = n.close_minutes, open_all_day = n.open_all_day, updated_at = ${ctx.app.now()}
    from jsonb_to_recordset(${JSON.stringify([...changed.values()])}::jsonb) as n(day_of_week integer,
      closed_all_day boolean, open_hour integer, open_minutes integer, close_hour integer, close_minutes integer, open_all_day boolean)
    where wh.inbox_id = ${inbox.id} and wh.day_of_week = n.day_of_week`.execute(ctx.db)
}

function settle(row: WorkingHour): WorkingHour {
  return row.open_all_day ? { ...row, open_hour: 0, open_minutes: 0, close_hour: 23, close_minutes: 59 } : row
}

function isSound(row: WorkingHour): boolean {
  if (row.closed_all_day) return !row.open_all_day
  const { open_hour: openHour, open_minutes: openMinutes, close_hour: closeHour, close_minutes: closeMinutes } = row
  if (!isWithin(openHour, 23) || !isWithin(closeHour, 23) || !isWithin(openMinutes, 59) || !isWithin(closeMinutes, 59))
    return false
  return openHour! * 60 + openMinutes! < closeHour! * 60 + closeMinutes!
}

const isWithin = (value: number | null, most: number) => value !== null && value >= 0 && value <= most
