import { sql, type RawBuilder, type Selectable } from 'kysely'
import type { Refine } from '../../db/columns.ts'
import type { Contacts } from '../../db/schema.ts'

/** What models work on: the whole row and the labels on it. Times of rows that came as JSON are text. */
export type ContactRecord = ContactRow

/** A row of `contacts`, by its alias, as one JSON column. */
export function contactRowJson(alias: RawBuilder<unknown>) {
  return sql<ContactRecord>`(to_jsonb(${alias}) || jsonb_build_object('label_list', ${labelsJson('Contact', sql`${alias}.id`)}))`
}

/** The labels on a record, in the order in which they were put there. */
export function labelsJson(type: 'Contact' | 'Conversation', id: RawBuilder<unknown>) {
  return sql`(select coalesce(jsonb_agg(t.name order by tg.id), '[]') from taggings tg join tags t on t.id = tg.tag_id
    where tg.taggable_type = ${sql.lit(type)} and tg.taggable_id = ${id} and tg.context = 'labels')`
}

type Bag = Record<string, unknown>

/** The whole row, as the Client API answers a change. */
export interface ContactRow
  extends Refine<
    Selectable<Contacts>,
    {
      created_at: string | Date
      updated_at: string | Date
      last_activity_at: string | Date | null
      additional_attributes: Bag | null
      custom_attributes: Bag | null
    }
  > {
  label_list: string[]
}

export const LEAD = 1
