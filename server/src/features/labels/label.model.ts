import { sql } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { columns, type Refine, type Row } from '../../db/columns.ts'
import type { Lock } from '../../db/lock.ts'
import { prepared, type Slots } from '../../db/prepared.ts'
import { lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { invalidateCache } from '../accounts/cache-key.model.ts'
import { updateContact, type ContactRecord } from '../contacts/contact.model.ts'
import { updateConversation } from '../conversations/conversation.model.ts'
import type { ConversationRecord } from '../conversations/conversation.record.ts'
import { labelsOf } from '../conversations/conversation.presenter.ts'
import { cleanLabels, readLabels, setLabels } from './tagging.model.ts'

export { cleanLabels, readLabels, setLabels } from './tagging.model.ts'

/** A label that the account has defined. What is written on conversations and contacts are tags: their names alone. */
export type LabelRecord = Refine<Row<typeof COLUMNS>, { title: string }>

export interface LabelFields {
  title?: string | null
  description?: string | null
  color?: string | null
  show_on_sidebar?: boolean | null
}

const COLUMNS = columns('labels', 'id', 'title', 'description', 'color', 'show_on_sidebar')

export async function accessLabel(ctx: AccountContext, id: number, { lock = false }: Lock = {}): Promise<LabelRecord> {
  const label = await ctx.db
    .selectFrom('labels')
    .select(COLUMNS)
    .$narrowType<{ title: string }>()
    .where('account_id', '=', ctx.account.id)
    .where('id', '=', id)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst()
  if (!label) throw new NotFoundError()
  return label
}

export function listLabels(ctx: AccountContext): Promise<LabelRecord[]> {
  return labelsOfAccount(ctx.db, { account_id: ctx.account.id })
}

const labelsOfAccount = prepared((asked: Slots<{ account_id: number }>, db) =>
  db
    .selectFrom('labels')
    .select(COLUMNS)
    .$narrowType<{ title: string }>()
    .where('account_id', '=', asked.account_id)
    .orderBy(sql`title collate "C"`),
)

const DEFAULT_COLOR = '#1f93ff'

export async function createLabel(ctx: AccountContext, fields: LabelFields): Promise<LabelRecord> {
  const title = fields.title?.toLowerCase() ?? ''
  const color = fields.color === undefined ? DEFAULT_COLOR : fields.color
  await checkLabel(ctx, { ...fields, title, color })
  const now = ctx.app.now()
  const label = await ctx.db
    .insertInto('labels')
    .values({
      account_id: ctx.account.id,
      title,
      description: fields.description ?? null,
      color: color!,
      show_on_sidebar: fields.show_on_sidebar ?? null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.columns(['title', 'account_id']).doNothing())
    .returning(COLUMNS)
    .$narrowType<{ title: string }>()
    .executeTakeFirst()
  if (!label) throw new RecordInvalidError([TAKEN])
  await invalidateCache(ctx, 'label', ctx.account.id)
  return label
}

/** A new title is written on the records that carry the old one, in a job. */
export async function updateLabel(ctx: AccountContext, label: LabelRecord, fields: LabelFields): Promise<LabelRecord> {
  const wanted = {
    ...label,
    ...fields,
    title: (fields.title === undefined ? label.title : (fields.title ?? '')).toLowerCase(),
  }
  await checkLabel(ctx, wanted, label.id)
  const { title, description, color, show_on_sidebar } = wanted
  const written = await ctx.db
    .updateTable('labels')
    .set({ title, description, color: color!, show_on_sidebar, updated_at: ctx.app.now() })
    .where('id', '=', label.id)
    .returning(COLUMNS)
    .$narrowType<{ title: string }>()
    .executeTakeFirstOrThrow()
  if (wanted.title !== label.title) {
    ctx.later('labels.rename', { account_id: ctx.account.id, from: label.title, to: wanted.title })
  }
  await invalidateCache(ctx, 'label', ctx.account.id)
  return written
}

/** What carries its name keeps it. */
export async function destroyLabel(ctx: AccountContext, label: LabelRecord): Promise<void> {
  await ctx.db.deleteFrom('labels').where('id', '=', label.id).execute()
  await invalidateCache(ctx, 'label', ctx.account.id)
}

/** In the order in which they were last sent, which the row remembers. */
export async function readConversationLabels(ctx: Context, conversation: ConversationRecord): Promise<string[]> {
  return conversation.cached_label_list === null
    ? readLabels(ctx, 'Conversation', conversation.id)
    : labelsOf(conversation)
}

/** Returns the labels as they are now. */
export async function replaceConversationLabels(
  ctx: Context,
  conversation: ConversationRecord,
  wanted: string[],
): Promise<string[]> {
  const labels = cleanLabels(wanted)
  const before = await readConversationLabels(ctx, conversation)
  await setLabels(ctx, { taggableType: 'Conversation', id: conversation.id, labels })
  const cached = labels.join(', ')
  if (isSameSet(before, labels) && cached === (conversation.cached_label_list ?? '')) return labels
  await updateConversation(ctx, conversation, { cached_label_list: cached }, { labels: [before, labels] })
  return labels
}

export async function replaceContactLabels(ctx: Context, contact: ContactRecord, wanted: string[]): Promise<string[]> {
  const labels = cleanLabels(wanted)
  const before = await setLabels(ctx, { taggableType: 'Contact', id: contact.id, labels })
  await updateContact(ctx, contact, {}, isSameSet(before, labels) ? {} : { labels: [before, labels] })
  return labels
}

const isSameSet = (one: string[], other: string[]) =>
  one.length === other.length && one.every((name) => other.includes(name))

const TAKEN: [string, string] = ['title', 'Title has already been taken']
/** A letter or digit, then at least one more, hyphens and underscores among them. */
const TITLE = /^[\p{L}\p{N}][\p{L}\p{N}_-]+$/u

async function checkLabel(ctx: AccountContext, label: LabelFields & { title: string }, id = 0): Promise<void> {
  const problems = lengthProblems(label, { title: 255, description: 20_000, color: 255 })
  if (!label.title.trim()) problems.push(['title', 'Title must not be blank'])
  if (!TITLE.test(label.title)) problems.push(['title', 'Title is invalid'])
  if (await isTaken(ctx, label.title, id)) problems.push(TAKEN)
  if (label.color === null) problems.push(['color', "Color can't be blank"])
  if (problems.length) throw new RecordInvalidError(problems)
}

async function isTaken(ctx: AccountContext, title: string, id: number): Promise<boolean> {
  const other = await ctx.db
    .selectFrom('labels')
    .select('id')
    .where('account_id', '=', ctx.account.id)
    .where('title', '=', title)
    .where('id', '<>', id)
    .executeTakeFirst()
  return other !== undefined
}
