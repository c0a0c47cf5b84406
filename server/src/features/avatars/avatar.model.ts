import { sql } from 'kysely'
import type { Context } from '../../http/context.ts'
import { RecordInvalidError } from '../../http/errors.ts'
import type { UploadedFile } from '../../http/params.ts'
import { FetchError, safeFetch } from '../../lib/safe-fetch.ts'

/** Pictures of records: at most one each, which the next one replaces. */
export interface AvatarOwner {
  recordType: 'User' | 'AgentBot' | 'Inbox'
  recordId: number
}

const TYPES = new Set(['image/jpeg', 'image/png', 'image/gif'])
const MAX_SIZE = 15 * 1024 * 1024

/** What a file is, its content says, not its name. */
export async function saveAvatar(ctx: Context, owner: AvatarOwner, file: UploadedFile): Promise<void> {
  if (file.content.length > MAX_SIZE) throw new RecordInvalidError([['avatar', 'Avatar is too big']])
  const blob = await ctx.app.files.createBlob(ctx.db, {
    filename: file.filename,
    content: file.content,
    declaredType: file.type,
  })
  if (!TYPES.has(blob.content_type ?? '')) throw new RecordInvalidError([['avatar', 'Avatar filetype not supported']])
  await removeAvatar(ctx, owner)
  await ctx.app.files.attachBlob(ctx.db, { ...owner, name: 'avatar', blobId: blob.id })
}

export async function removeAvatar(ctx: Context, owner: AvatarOwner): Promise<void> {
  await ctx.app.files.detach(ctx, owner)
}

/** A picture of elsewhere is fetched after the answer; what is no web address is passed over. */
export function fetchAvatarLater(ctx: Context, owner: AvatarOwner, url: string | null | undefined): void {
  if (!url || url.length > 2048 || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return
  ctx.later('avatars.fetch', { record_type: owner.recordType, record_id: owner.recordId, url })
}

const TABLES = { User: 'users', AgentBot: 'agent_bots', Inbox: 'inboxes' } as const

/** Whatever is wrong with the address or what lies there: the record keeps the picture it has. */
export async function fetchAvatar(
  ctx: Context,
  payload: { record_type: AvatarOwner['recordType']; record_id: number; url: string },
): Promise<void> {
  const owner = { recordType: payload.record_type, recordId: payload.record_id }
  const content = await download(ctx, payload.url)
  if (!content) return
  const { rows } = await sql`select 1 from ${sql.table(TABLES[owner.recordType])} where id = ${owner.recordId}`.execute(ctx.db)
  if (!rows.length) return
  const filename = new URL(payload.url).pathname.split('/').at(-1)!.replace(/%[^/]*/g, '').slice(0, 255) || 'avatar'
  try {
    await saveAvatar(ctx, owner, { filename, type: 'application/octet-stream', content })
  } catch (error) {
    if (!(error instanceof RecordInvalidError)) throw error
    ctx.app.log.info({ err: error }, 'what was fetched is no picture')
  }
}

async function download(ctx: Context, url: string): Promise<Buffer | null> {
  try {
    const { status, body } = await safeFetch(url, {
      timeout: 5000,
      maxBytes: MAX_SIZE,
      allowPrivateNetwork: ctx.app.config.webhook.allowPrivateNetwork,
    })
    return status === 200 && body.length ? body : null
  } catch (error) {
    if (!(error instanceof FetchError)) throw error
    ctx.app.log.info({ err: error }, 'a picture could not be fetched')
    return null
  }
}
