import type { Services } from '../../context/context.ts'
import type { AttachmentView } from '../pictures/picture.types.ts'

export const FILE_TYPES = [
  'image',
  'audio',
  'video',
  'file',
  'location',
  'fallback',
  'share',
  'story_mention',
  'contact',
  'ig_reel',
  'ig_post',
  'ig_story',
  'embed',
] as const

export type FileType = (typeof FILE_TYPES)[number]

export function presentAttachment(app: Services, attachment: AttachmentView) {
  const type = FILE_TYPES[attachment.file_type] ?? 'file'
  const common = {
    id: attachment.id,
    message_id: attachment.message_id,
    file_type: type,
    account_id: attachment.account_id,
  }
  switch (type) {
    case 'location':
      return {
        ...common,
        coordinates_lat: attachment.coordinates_lat,
        coordinates_long: attachment.coordinates_long,
        fallback_title: attachment.fallback_title,
        data_url: attachment.external_url,
      }
    case 'fallback':
      return { ...common, fallback_title: attachment.fallback_title, data_url: attachment.external_url }
    case 'contact':
      return { ...common, fallback_title: attachment.fallback_title, meta: attachment.meta ?? {} }
    case 'embed':
      return { ...common, data_url: attachment.external_url }
    default:
      return { ...common, ...presentFile(app, attachment, type) }
  }
}

function presentFile(app: Services, attachment: AttachmentView, type: FileType) {
  const { blob } = attachment
  const size = sizeOf(blob?.metadata)
  return {
    extension: attachment.extension,
    data_url: blob ? app.files.blobUrl(blob) : (attachment.external_url ?? ''),
    thumb_url: blob && type === 'image' ? app.files.thumbUrl(blob) : '',
    file_size: blob?.byte_size ?? null,
    width: size.width ?? null,
    height: size.height ?? null,
    ...(type === 'audio' && { transcribed_text: String(attachment.meta?.transcribed_text ?? '') }),
  }
}

function sizeOf(metadata: string | null | undefined): { width?: number; height?: number } {
  if (!metadata) return {}
  return JSON.parse(metadata) as { width?: number; height?: number }
}
