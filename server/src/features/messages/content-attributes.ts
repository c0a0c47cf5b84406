import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { RecordInvalidError } from '../../http/errors.ts'
import type { ContentType } from './message.presenter.ts'

const ITEM_KEYS: Partial<Record<ContentType, string[]>> = {
  input_select: ['title', 'value'],
  cards: ['title', 'description', 'media_url', 'actions'],
  form: ['type', 'placeholder', 'label', 'name', 'options', 'default', 'required', 'pattern', 'title', 'pattern_error'],
  article: ['title', 'description', 'link'],
}
const ACTION_KEYS = ['text', 'type', 'payload', 'uri']

/** Interactive messages carry items of a known form. */
export function checkItems(contentType: ContentType, attributes: Record<string, any>): void {
  const allowed = ITEM_KEYS[contentType]
  if (!allowed) return
  const { items } = attributes as { items?: unknown }
  const wrong = (problem: string) => new RecordInvalidError([['content_attributes', `Content attributes ${problem}`]])
  if (!Array.isArray(items) || !items.length) throw wrong('At least one item is required.')
  for (const item of items as unknown[]) {
    if (typeof item !== 'object' || item === null || Array.isArray(item))
      throw wrong('contains items that are no objects')
  }
  const unknown = unknownKeys(items as object[], allowed)
  if (unknown.length) throw wrong(`contains invalid keys for items : [${unknown.map((key) => `:${key}`).join(', ')}]`)
  if (contentType !== 'cards') return
  for (const { actions } of items as { actions?: unknown }[]) {
    if (!Array.isArray(actions) || !actions.length) throw wrong('contains items missing actions')
    const unknownInActions = unknownKeys(actions as object[], ACTION_KEYS)
    if (unknownInActions.length) {
      throw wrong(`contains invalid keys for actions:  [${unknownInActions.map((key) => `:${key}`).join(', ')}]`)
    }
  }
}

function unknownKeys(items: object[], allowed: string[]): string[] {
  return [...new Set(items.flatMap((item) => Object.keys(item ?? {})))].filter((key) => !allowed.includes(key))
}

/** Fills in both names of the message that is answered; one of another conversation is forgotten. */
export async function resolveReply(
  ctx: Context,
  conversation: { id: number },
  attributes: Record<string, any>,
): Promise<void> {
  const { in_reply_to: id, in_reply_to_external_id: sourceId } = attributes as Record<string, unknown>
  if (!id && !sourceId) return
  const number = Number(id)
  const byId = Boolean(id) && Number.isInteger(number) && Math.abs(number) < 2 ** 31
  const within = ctx.db
    .selectFrom('messages')
    .select(['id', 'source_id'])
    .where('conversation_id', '=', conversation.id)
    .limit(1)
  const asked = byId
    ? within.where('id', '=', number)
    : id
      ? within.where(sql<boolean>`false`)
      : within.where('source_id', '=', String(sourceId))
  const rows = await runPrepared(ctx.db, asked)
  attributes.in_reply_to = rows[0]?.id ?? null
  attributes.in_reply_to_external_id = rows[0]?.source_id ?? null
}
