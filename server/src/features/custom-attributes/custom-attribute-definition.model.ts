import type { Kysely } from 'kysely'
import type { AccountContext } from '../../context/context.ts'
import type { Lock } from '../../db/lock.ts'
import { byForm, prepared, type Slots } from '../../db/prepared.ts'
import type { DB } from '../../db/schema.ts'
import { humanize, lengthProblems, NotFoundError, RecordInvalidError } from '../../http/errors.ts'
import { placeIn } from '../../http/params.ts'
import { changeFormFields, dropFormFields } from '../inboxes/website-channel.model.ts'
import { DEFINITION_COLUMNS, type DefinitionRecord } from './custom-attribute-definition.presenter.ts'
import { ATTRIBUTE_MODELS, ATTRIBUTE_TYPES, type AttributeModel, type AttributeType } from './custom-attribute.types.ts'

export interface DefinitionFields {
  attribute_display_name?: string | null
  attribute_description?: string | null
  attribute_display_type?: AttributeType | null
  attribute_key?: string | null
  attribute_model?: AttributeModel | null
  regex_pattern?: string | null
  regex_cue?: string | null
  attribute_values?: (string | number | boolean)[]
}

/** Those of one model where one is named, by its name or its number; one that does not exist has none. */
export function listDefinitions(ctx: AccountContext, model: string | null | undefined): Promise<DefinitionRecord[]> {
  if (!model) return definitionsOf(ctx.db, { account_id: ctx.account.id })
  return definitionsOfModel(ctx.db, { account_id: ctx.account.id, model: placeIn(ATTRIBUTE_MODELS, model) })
}

export async function accessDefinition(
  ctx: AccountContext,
  id: number,
  { lock = false }: Lock = {},
): Promise<DefinitionRecord> {
  const [definition] = await definitionById(lock)(ctx.db, { account_id: ctx.account.id, id })
  if (!definition) throw new NotFoundError()
  return definition
}

type Asked = Slots<{ account_id: number }>

const definitionsOf = prepared((asked: Asked, db) => selectDefinitions(db, asked))
const definitionsOfModel = prepared((asked: Asked & Slots<{ model: number }>, db) =>
  selectDefinitions(db, asked).where('attribute_model', '=', asked.model),
)
const definitionById = byForm((lock: boolean) =>
  prepared((asked: Asked & Slots<{ id: number }>, db) =>
    selectDefinitions(db, asked)
      .where('id', '=', asked.id)
      .$if(lock, (query) => query.forUpdate()),
  ),
)

function selectDefinitions(db: Kysely<DB>, asked: Asked) {
  return db
    .selectFrom('custom_attribute_definitions')
    .select(DEFINITION_COLUMNS)
    .$narrowType<{ attribute_values: DefinitionRecord['attribute_values'] }>()
    .where('account_id', '=', asked.account_id)
    .orderBy('id')
}

export async function createDefinition(ctx: AccountContext, fields: DefinitionFields): Promise<DefinitionRecord> {
  const settled = settle({ attribute_display_type: 'text', attribute_model: 'conversation_attribute', ...fields })
  // @NOTE Chatwoot looks at what has no such key of its own only here: a key may be changed to one (app/models/custom_attribute_definition.rb).
  if (RESERVED[settled.model].includes(settled.columns.attribute_key)) throw new RecordInvalidError([CONFLICT])
  const now = ctx.app.now()
  const { id } = await refuseTaken(
    ctx.db
      .insertInto('custom_attribute_definitions')
      .values({ ...settled.columns, account_id: ctx.account.id, created_at: now, updated_at: now })
      .returning('id')
      .executeTakeFirstOrThrow(),
  )
  return accessDefinition(ctx, id)
}

/** The forms of websites that ask for it ask as it is now. */
export async function updateDefinition(
  ctx: AccountContext,
  definition: DefinitionRecord,
  fields: DefinitionFields,
): Promise<DefinitionRecord> {
  const { columns } = settle({
    ...definition,
    attribute_display_type: ATTRIBUTE_TYPES[definition.attribute_display_type ?? 0],
    attribute_model: ATTRIBUTE_MODELS[definition.attribute_model ?? 0],
    attribute_values: definition.attribute_values ?? [],
    ...fields,
  })
  await refuseTaken(
    ctx.db
      .updateTable('custom_attribute_definitions')
      .set({ ...columns, updated_at: ctx.app.now() })
      .where('id', '=', definition.id)
      .execute(),
  )
  const now = await accessDefinition(ctx, definition.id)
  await changeFormFields(ctx, columns.attribute_key, {
    label: now.attribute_display_name,
    placeholder: now.attribute_display_name,
    values: now.attribute_values,
    regex_pattern: now.regex_pattern,
    regex_cue: now.regex_cue,
  })
  return now
}

/** What conversations and contacts have under its key stays; the forms of websites no longer ask for it. */
export async function destroyDefinition(ctx: AccountContext, definition: DefinitionRecord): Promise<void> {
  await ctx.db.deleteFrom('custom_attribute_definitions').where('id', '=', definition.id).execute()
  if (definition.attribute_key) await dropFormFields(ctx, definition.attribute_key)
}

/** What conversations and contacts have by themselves. */
const RESERVED: Record<AttributeModel, string[]> = {
  conversation_attribute: [
    'status',
    'priority',
    'assignee_id',
    'inbox_id',
    'team_id',
    'display_id',
    'campaign_id',
    'labels',
    'browser_language',
    'country_code',
    'referer',
    'created_at',
    'last_activity_at',
  ],
  contact_attribute: [
    'name',
    'email',
    'phone_number',
    'identifier',
    'country_code',
    'city',
    'created_at',
    'last_activity_at',
    'referer',
    'blocked',
  ],
}
const CONFLICT: [string, string] = [
  'attribute_key',
  'Attribute key The provided key is not allowed as it might conflict with default attributes.',
]

const MAX_LENGTHS = {
  attribute_display_name: 255,
  attribute_key: 255,
  regex_pattern: 255,
  regex_cue: 255,
  attribute_description: 20_000,
}
const REQUIRED = ['attribute_display_name', 'attribute_key', 'attribute_display_type', 'attribute_model'] as const

/** Holds it against the rules, and says what its row shall be. */
function settle(fields: DefinitionFields) {
  const problems = lengthProblems(fields, MAX_LENGTHS)
  for (const field of REQUIRED) {
    if (!fields[field]?.trim()) problems.push([field, `${humanize(field)} can't be blank`])
  }
  if (problems.length) throw new RecordInvalidError(problems)
  const model = fields.attribute_model!
  return {
    model,
    columns: {
      attribute_display_name: fields.attribute_display_name!,
      attribute_key: fields.attribute_key!,
      attribute_description: fields.attribute_description ?? null,
      attribute_display_type: ATTRIBUTE_TYPES.indexOf(fields.attribute_display_type!),
      attribute_model: ATTRIBUTE_MODELS.indexOf(model),
      attribute_values: JSON.stringify((fields.attribute_values ?? []).filter((value) => typeof value !== 'object')),
      regex_pattern: fields.regex_pattern ?? null,
      regex_cue: fields.regex_cue ?? null,
    },
  }
}

/** The index decides, so that of two at the same time one is refused. */
async function refuseTaken<T>(write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    if ((error as { code?: string }).code !== '23505') throw error
    throw new RecordInvalidError([['attribute_key', 'Attribute key has already been taken']])
  }
}
