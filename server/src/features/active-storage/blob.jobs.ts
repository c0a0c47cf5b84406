import { sql } from 'kysely'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import type { Context } from '../../context/context.ts'
import { sizeOf } from '../../files/blob.ts'

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

/** Looks into a picture for its size, which clients are shown from then on. */
export async function analyzeBlob(ctx: Context, { blob_id: id }: { blob_id: number }): Promise<void> {
  const blob = await ctx.db
    .selectFrom('active_storage_blobs')
    .select(['key', 'content_type', 'metadata'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!blob) return
  const { key, content_type: type, metadata } = blob
  const known = JSON.parse(metadata ?? '{}') as object
  const size = await sizeOf(type ?? '', await readFile(ctx.app.files.storage.path(key)))
  await ctx.db
    .updateTable('active_storage_blobs')
    .set({ metadata: JSON.stringify({ ...known, ...size, analyzed: true }) })
    .where('id', '=', id)
    .execute()
}
