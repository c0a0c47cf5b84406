import { STATUS_CODES } from 'node:http'
import type { AccountContext } from '../../context/context.ts'
import { inTransaction } from '../../context/transaction.ts'
import { unprocessable } from '../../http/errors.ts'
import { FetchError, safeFetch } from '../../lib/safe-fetch.ts'
import { isWebAddress } from '../../lib/web-address.ts'
import type { Blob, NewBlob, UploadedFile } from '../../vocabulary/files.ts'

interface UploadFields {
  attachment?: UploadedFile
  external_url?: string | null
}

/** Keeps a file that waits for its place: in a message, or as the logo of a help center. */
export async function keepUpload(ctx: AccountContext, fields: UploadFields): Promise<Blob> {
  const file = fields.attachment ?? (await fetchFile(ctx, fields.external_url))
  return inTransaction(ctx, () => ctx.app.files.createBlob(ctx, file))
}

/** Outside of a transaction: nobody waits for a slow host. */
async function fetchFile(ctx: AccountContext, url: string | null | undefined): Promise<NewBlob> {
  if (!url) throw unprocessable('No file or URL provided')
  if (!isWebAddress(url) || !URL.canParse(url)) throw unprocessable('Invalid URL provided')
  const { status, headers, body } = await safeFetch(url, {
    maxBytes: ctx.app.config.maximumUpload,
    allowPrivateNetwork: ctx.app.config.webhook.allowPrivateNetwork,
  }).catch((error: unknown) => {
    throw error instanceof FetchError ? failed(error.message) : error
  })
  if (status !== 200) throw failed(`${status} ${STATUS_CODES[status] ?? ''}`.trim())
  const type = headers['content-type']
  return { filename: filenameIn(url), content: body, ...(typeof type === 'string' && { declaredType: type }) }
}

const failed = (why: string) => unprocessable(`Failed to fetch file from URL: ${why}`)

const filenameIn = (url: string) => new URL(url).pathname.split('/').at(-1)!.replaceAll('%', '').slice(0, 255) || 'file'
