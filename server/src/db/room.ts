import { sql, type Expression, type RawBuilder } from 'kysely'

/** In bytes, what an answer has room for. */
export const ROOM = 2 * 1024 * 1024

/** Of a list without pages, the first rows in an order over `r`: as many as an answer has room for. */
export function withinRoom<Row>(rows: Expression<Row>, order: RawBuilder<unknown>): RawBuilder<Row> {
  return sql<Row>`select * from (
      select r.*, sum(octet_length(r::text)) over (order by ${order} rows unbounded preceding) as taken from (${rows}) r) r
    where taken <= ${sql.lit(ROOM)} order by ${order}`
}
