import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { invalidField } from '../../http/errors.ts'
import { isLonger } from '../../lib/text.ts'

export type TaggableType = 'Conversation' | 'Contact'

const MAX_LENGTH = 255

/** Names as they were sent: parted at commas, without the spaces around them, each once, in the spelling that came first. */
export function cleanLabels(labels: (string | null)[]): string[] {
  const names = labels.flatMap((label) => label?.split(',') ?? []).map((name) => name.trim())
  const spellings = new Map<string, string>()
  for (const name of names) if (name && !spellings.has(name.toLowerCase())) spellings.set(name.toLowerCase(), name)
  const clean = [...spellings.values()]
  if (clean.some((name) => isLonger(name, MAX_LENGTH))) {
    throw invalidField('labels', `is too long (maximum is ${MAX_LENGTH} characters)`)
  }
  return clean
}

/** In the order in which they were put there. */
export async function readLabels(ctx: Context, type: TaggableType, id: number): Promise<string[]> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ name: string }>`
    select t.name from taggings tg join tags t on t.id = tg.tag_id
    where tg.taggable_type = ${type} and tg.taggable_id = ${id} and tg.context = 'labels' order by tg.id`,
  )
  return rows.map((row) => row.name)
}

/** Makes these the labels of the record, and returns what they were before. The record itself is the caller's to save. */
export async function setLabels(
  ctx: Context,
  { taggableType, id, labels }: { taggableType: TaggableType; id: number; labels: string[] },
): Promise<string[]> {
  const before = await readLabels(ctx, taggableType, id)
  const removed = before.filter((name) => !labels.includes(name))
  const added = labels.filter((name) => !before.includes(name))
  if (removed.length) await untag(ctx, taggableType, id, removed)
  if (added.length) await tag(ctx, taggableType, id, added)
  return before
}

async function tag(ctx: Context, type: TaggableType, id: number, names: string[]): Promise<void> {
  const now = ctx.app.now()
  // In the order of names, so that two requests with the same ones do not wait for each other in a circle.
  await runPrepared(
    ctx.db,
    sql`insert into tags (name, taggings_count) select name, 0 from unnest(${[...names].sort()}::text[]) name
    on conflict (name) do nothing`,
  )
  await runPrepared(
    ctx.db,
    sql`with written as (
      insert into taggings (tag_id, taggable_type, taggable_id, context, created_at)
      select t.id, ${type}, ${id}, 'labels', ${now}
      from unnest(${names}::text[]) with ordinality as wanted(name, place) join tags t on t.name = wanted.name
      order by wanted.place returning tag_id),
    locked as (select id from tags where id in (select tag_id from written) order by id for update)
    update tags set taggings_count = coalesce(taggings_count, 0) + 1 where id in (select id from locked)`,
  )
}

async function untag(ctx: Context, type: TaggableType, id: number, names: string[]): Promise<void> {
  await runPrepared(
    ctx.db,
    sql`with gone as (
      delete from taggings tg using tags t
      where t.id = tg.tag_id and tg.taggable_type = ${type} and tg.taggable_id = ${id} and tg.context = 'labels'
        and t.name = any(${names}::text[]) returning tg.tag_id),
    locked as (select id from tags where id in (select tag_id from gone) order by id for update)
    update tags set taggings_count = greatest(coalesce(taggings_count, 0) - 1, 0)
    where id in (select id from locked)`,
  )
}
