import { sql } from 'kysely'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '../../http/context.ts'

/** Removes files that nothing holds any more. */
export async function purgeBlobs(ctx: Context, { blob_ids: ids }: { blob_ids: number[] }): Promise<void> {
  const { rows } = await sql<{ key: string }>`
    delete from active_storage_blobs b where b.id = any(${ids}::bigint[])
      and not exists (select 1 from active_storage_attachments a where a.blob_id = b.id) returning key`.execute(ctx.db)
  const { storage } = ctx.app.files
  for (const { key } of rows) {
    await storage.remove(key)
    await rm(join(storage.folder, 'variants', key), { force: true })
  }
}
