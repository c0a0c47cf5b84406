import Type from 'typebox'
import { File, Nullable, operation } from '../../http/operation.ts'
import { keepUpload } from './upload.model.ts'

export const uploadOperations = [
  operation({
    id: 'upload.create',
    route: 'POST /api/v1/accounts/:account_id/upload',
    summary: 'Keep a file that finds its place later',
    description:
      'As a file of a multipart form, or from an `external_url`. The `blob_id` goes into `attachments` of a message, or is the `blob_id` of a portal.',
    example: { external_url: 'https://example.com/tulips.png' },
    errors: { 422: { error: 'No file or URL provided' } },
    access: 'agent',
    transaction: false,
    body: Type.Partial(Type.Object({ attachment: File, external_url: Nullable(Type.String()) })),
    reply: Type.Object(
      { file_url: Type.String(), blob_id: Type.String({ description: 'Signed' }) },
      { title: 'Upload', additionalProperties: false },
    ),
    handle: async (ctx, { body }) => {
      const blob = await keepUpload(ctx, body)
      return { file_url: ctx.app.files.blobUrl(blob), blob_id: ctx.app.files.signedId(blob) }
    },
  }),
]
