import { sql, type RawBuilder } from 'kysely'
import type { ContactRow } from '../../vocabulary/visitor.ts'
import { ALONE, bagWithin } from '../pictures/picture.sql.ts'

/** What models work on. */
export type ContactRecord = ContactRow

/** A row of `contacts`, by its alias, as one JSON column. Attributes that are too many to be read each time are left out. */
export function contactRowJson(alias: RawBuilder<unknown>) {
  const [custom, additional] = [sql`${alias}.custom_attributes`, sql`${alias}.additional_attributes`]
  return sql<ContactRecord>`(to_jsonb(${alias}) || jsonb_build_object('label_list', ${labelsJson('Contact', sql`${alias}.id`)})
    || case when octet_length(${custom}::text) > ${sql.lit(ALONE)} or octet_length(${additional}::text) > ${sql.lit(ALONE)}
      then jsonb_build_object('is_oversized', true, 'custom_attributes', ${bagWithin(ALONE, custom)},
        'additional_attributes', ${bagWithin(ALONE, additional)}) else '{}' end)`
}

/** The labels on a record, in the order in which they were put there. */
export function labelsJson(type: 'Contact' | 'Conversation', id: RawBuilder<unknown>) {
  return sql`(select coalesce(jsonb_agg(t.name order by tg.id), '[]') from taggings tg join tags t on t.id = tg.tag_id
    where tg.taggable_type = ${sql.lit(type)} and tg.taggable_id = ${id} and tg.context = 'labels')`
}

export const LEAD = 1
