import type { Push } from '../../events/reactions.ts'
import type { PushScope } from '../realtime/push-scope.query.ts'
import { sql, type Kysely } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { DB } from '../../db/schema.ts'
import type { CachedModel, EventData } from '../../vocabulary/events.ts'
import type { Context } from '../../context/context.ts'
import type { CacheKeys } from './account.record.ts'

const MODELS = ['label', 'inbox', 'team'] as const
const NEVER = '0000000000'

export async function readCacheKeys(db: Kysely<DB>, accountId: number): Promise<CacheKeys> {
  const rows = await runPrepared(
    db,
    db
      .selectFrom('parley.cache_keys')
      .select(['model', 'stamp'])
      .where('account_id', '=', accountId)
      .where('stamp', '>', sql<number>`extract(epoch from now() - interval '72 hours')`),
  )
  const stamps = new Map(rows.map((row) => [row.model, String(row.stamp)]))
  return Object.fromEntries(MODELS.map((model) => [model, stamps.get(model) ?? NEVER])) as CacheKeys
}

/** Tells clients that their copy of a list is old. */
export async function invalidateCache(ctx: Context, model: CachedModel, accountId: number): Promise<void> {
  await runPrepared(
    ctx.db,
    ctx.db
      .insertInto('parley.cache_keys')
      .values({ account_id: accountId, model, stamp: sql<number>`extract(epoch from now())::bigint` })
      .onConflict((conflict) =>
        conflict.columns(['account_id', 'model']).doUpdateSet(({ ref }) => ({ stamp: ref('excluded.stamp') })),
      ),
  )
  ctx.emit('account.cache_invalidated', { account_id: accountId, model })
}

export async function cacheKeysPush(scope: PushScope, data: EventData<'account.cache_invalidated'>): Promise<Push> {
  const { kysely } = scope.app.database
  const rows = await runPrepared(
    kysely,
    sql<{ pubsub_token: string }>`
    select u.pubsub_token from users u join account_users au on au.user_id = u.id
    where au.account_id = ${data.account_id} and u.pubsub_token is not null`,
  )
  return {
    streams: rows.map((row) => row.pubsub_token),
    data: { cache_keys: await readCacheKeys(kysely, data.account_id) },
  }
}
