import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { readPage } from '../../http/params.ts'
import { unix } from '../../lib/times.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { pictureColumns, picturesOf, type PictureColumns } from '../pictures/pictures.query.ts'
import { presentAttachment } from './attachment.presenter.ts'
import { presentSender } from './message.presenter.ts'
import { completeMessages, messageRows, sourcesOf, type PlacedMessage } from './message.query.ts'

const PAGE = 100

/** The files of a conversation, those of the oldest message first; within a message the last one first. One statement. */
export async function listAttachments(ctx: Context, conversation: ConversationRecord, page: string | null | undefined) {
  const of = sql`from attachments at join messages m on m.id = at.message_id
    where m.conversation_id = ${conversation.id} and m.account_id = ${conversation.account_id}`
  const rows = await runPrepared(
    ctx.db,
    sql<PictureColumns & { total: number; page: PageRow[] | null; said: PlacedMessage[] | null }>`
    with page as materialized (select at.id, at.message_id ${of}
        order by m.created_at, m.id, at.created_at desc, at.id desc limit ${PAGE} offset ${(readPage(page) - 1) * PAGE}),
      said as materialized (${messageRows(sql`m.id in (select message_id from page)`)})
    select (select count(*) ${of}) as total, (select json_agg(page) from page) as page, (select json_agg(said) from said) as said,
      ${pictureColumns(sql`${conversation.account_id}::integer`, sourcesOf('said'))}`,
  )
  const { total, page: files, said } = rows[0]!
  const messages = new Map(completeMessages(said ?? [], picturesOf(rows[0]!)).map((message) => [message.id, message]))
  return {
    meta: { total_count: total },
    payload: (files ?? []).map(({ id, message_id: messageId }) => {
      const message = messages.get(messageId)!
      const file: FileFields = presentAttachment(
        ctx.app,
        message.attachments!.find((one) => one.id === id)!,
      )
      const sender = presentSender(ctx.app, message, conversation.account_id)
      return {
        message_id: messageId,
        thumb_url: file.thumb_url ?? null,
        data_url: file.data_url ?? null,
        file_size: file.file_size ?? null,
        file_type: file.file_type,
        extension: file.extension ?? null,
        width: file.width ?? null,
        height: file.height ?? null,
        created_at: unix(message.created_at),
        ...(sender && { sender }),
      }
    }),
  }
}

interface PageRow {
  id: number
  message_id: number
}

/** What a place or a contact card does not have is null in the list. */
interface FileFields {
  file_type: string
  thumb_url?: string
  data_url?: string | null
  file_size?: number | null
  extension?: string | null
  width?: number | null
  height?: number | null
}
