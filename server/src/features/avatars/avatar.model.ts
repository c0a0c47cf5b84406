import { sql } from 'kysely'
import { inTransaction } from '../../context/transaction.ts'
import type { Context } from '../../context/context.ts'
import { RecordInvalidError } from '../../http/errors.ts'
import { FetchError, safeFetch } from '../../lib/safe-fetch.ts'
import { setAvatar } from '../active-storage/attachment.model.ts'

interface AvatarOwner {
  recordType: keyof typeof TABLES
  recordId: number
}

const TABLES = { User: 'users', AgentBot: 'agent_bots', Inbox: 'inboxes' } as const
const MAX_SIZE = 15 * 1024 * 1024
const MAX_URL = 2048

/** A picture of elsewhere is fetched after the answer; what is no web address is passed over. */
export function fetchAvatarLater(ctx: Context, owner: AvatarOwner, url: string | null | undefined): void {
  if (!url || url.length > MAX_URL || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return
  ctx.later('avatars.fetch', { record_type: owner.recordType, record_id: owner.recordId, url })
}

/** Whatever is wrong with the address or with what lies there: the record keeps the picture it has. */
export async function fetchRecordAvatar(
  ctx: Context,
  {
    record_type: recordType,
    record_id: recordId,
    url,
  }: { record_type: keyof typeof TABLES; record_id: number; url: string },
): Promise<void> {
  const content = await downloadPicture(ctx, url)
  if (!content) return
  const filename = new URL(url).pathname.split('/').at(-1)!.replaceAll('%', '').slice(0, 255) || 'avatar'
  try {
    await inTransaction(ctx, async () => {
      const { rows } =
        await sql`select 1 from ${sql.table(TABLES[recordType])} where id = ${recordId} for update`.execute(ctx.db)
      if (!rows.length) return
      await setAvatar(ctx, { recordType, recordId }, { filename, content })
    })
  } catch (error) {
    if (!(error instanceof RecordInvalidError)) throw error
    ctx.app.log.info({ err: error, recordType, recordId }, 'what was fetched is no picture')
  }
}

/** The bytes at an address, or null. Called outside a transaction: nobody waits for a slow host. */
export async function downloadPicture(ctx: Context, url: string): Promise<Buffer | null> {
  try {
    const { status, body } = await safeFetch(url, {
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
