import type { Blob } from '../../vocabulary/files.ts'
import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { RecordInvalidError, RefusedError } from '../../http/errors.ts'
import { isUploadedFile } from '../../http/params.ts'
import { attachBlob, typeOf } from '../../files/blob.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { FILE_TYPES, type FileType } from './attachment.presenter.ts'
import { detachFiles } from '../active-storage/attachment.model.ts'
import type { AttachmentInput } from './message.record.ts'

const IMAGES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/bmp', 'image/webp'])
const VIDEOS = new Set(['video/ogg', 'video/mp4', 'video/webm', 'video/quicktime'])

export function fileTypeOf(contentType: string): FileType {
  if (IMAGES.has(contentType)) return 'image'
  if (VIDEOS.has(contentType)) return 'video'
  return contentType.startsWith('audio/') ? 'audio' : 'file'
}

export async function saveAttachments(
  ctx: Context,
  { account_id: accountId, channel_type: channel }: Pick<ConversationRecord, 'account_id' | 'channel_type'>,
  messageId: number,
  inputs: AttachmentInput[],
): Promise<void> {
  for (const input of inputs) {
    const file = isUploadedFile(input)
      ? { filename: input.filename, content: input.content, checksum: input.checksum, declaredType: input.type }
      : null
    const signed = file ? null : await accessUpload(ctx, input as string, accountId)
    if (channel === 'Channel::WebWidget') checkOnSite(file ? await typeOf(file) : signed!.content_type)
    const blob = signed ?? (await ctx.app.files.createBlob(ctx, file!))
    const type = FILE_TYPES.indexOf(fileTypeOf(blob.content_type ?? ''))
    if (IMAGES.has(blob.content_type ?? '')) ctx.later('blobs.analyze', { blob_id: blob.id })
    const now = sql<Date>`clock_timestamp()`
    const rows = await runPrepared(
      ctx.db,
      ctx.db
        .insertInto('attachments')
        .values({
          file_type: type,
          message_id: messageId,
          account_id: accountId,
          created_at: now,
          updated_at: now,
          meta: '{}',
        })
        .returning('id'),
    )
    await attachBlob(ctx.db, {
      recordType: 'Attachment',
      recordId: rows[0]!.id,
      name: 'file',
      blobId: blob.id,
    })
  }
}

/** Visitors of a site, and those who write to them, send pictures, sounds, films and documents. */
const DOCUMENTS = new Set([
  'text/csv',
  'text/plain',
  'text/rtf',
  'application/rtf',
  'application/json',
  'application/pdf',
  'application/zip',
  'application/x-7z-compressed',
  'application/vnd.rar',
  'application/x-rar-compressed',
  'application/x-tar',
  // What the bytes of an old Word, Excel or PowerPoint file tell.
  'application/x-cfb',
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.ms-powerpoint',
  'application/vnd.oasis.opendocument.text',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
])

function checkOnSite(type: string | null): void {
  if (/^(image|video|audio)\//.test(type ?? '') || DOCUMENTS.has(type ?? '')) return
  throw new RecordInvalidError([['attachments', 'Attachments file type not supported']])
}

async function accessUpload(ctx: Context, signedId: string, accountId: number): Promise<Blob> {
  const blob = await ctx.app.files.findUpload(ctx.db, signedId, accountId)
  if (!blob) throw new RefusedError(422, { error: 'mismatched digest', attributes: ['attachments'] })
  return blob
}

export async function removeAttachments(ctx: Context, messageId: number): Promise<void> {
  const rows = await runPrepared(
    ctx.db,
    ctx.db.deleteFrom('attachments').where('message_id', '=', messageId).returning('id'),
  )
  for (const { id } of rows) await detachFiles(ctx, { recordType: 'Attachment', recordId: id })
}
