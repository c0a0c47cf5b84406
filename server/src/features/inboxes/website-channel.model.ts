import { sql, type RawBuilder } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { humanize, lengthProblems, RecordInvalidError } from '../../http/errors.ts'
import { base58Token } from '../../lib/tokens.ts'
import { isPresent } from './inbox.rules.ts'
import { REPLY_TIMES, WIDGET_FLAGS, type WebsiteChannel } from './website-channel.query.ts'

export interface WebsiteFields {
  website_url?: string | null
  widget_color?: string | null
  welcome_title?: string | null
  welcome_tagline?: string | null
  reply_time?: (typeof REPLY_TIMES)[number] | null
  hmac_mandatory?: boolean | null
  pre_chat_form_enabled?: boolean | null
  pre_chat_form_options?: Record<string, unknown> | null
  continuity_via_email?: boolean | null
  allowed_domains?: string | null
  selected_feature_flags?: (typeof WIDGET_FLAGS)[number][] | null
}

const FIRST_FORM = {
  pre_chat_message: 'Share your queries or comments here.',
  pre_chat_fields: [
    { field_type: 'standard', label: 'Email Id', name: 'emailAddress', type: 'email', required: true, enabled: false },
    { field_type: 'standard', label: 'Full name', name: 'fullName', type: 'text', required: false, enabled: false },
    {
      field_type: 'standard',
      label: 'Phone number',
      name: 'phoneNumber',
      type: 'text',
      required: false,
      enabled: false,
    },
  ],
}

/** All but the last. */
const FIRST_FLAGS = 7

export async function createWebsiteChannel(ctx: AccountContext, fields: WebsiteFields): Promise<number> {
  const now = ctx.app.now()
  const next = { ...columnsOf(fields) }
  const { id } = await ctx.db
    .insertInto('channel_web_widgets')
    .values({
      widget_color: '#1f93ff',
      feature_flags: FIRST_FLAGS,
      pre_chat_form_options: JSON.stringify(FIRST_FORM),
      ...next,
      account_id: ctx.account.id,
      website_token: base58Token(),
      hmac_token: base58Token(),
      created_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function updateWebsiteChannel(
  ctx: Context,
  channel: WebsiteChannel,
  fields: WebsiteFields,
): Promise<void> {
  checkWebsite(fields)
  await ctx.db
    .updateTable('channel_web_widgets')
    .set({ ...columnsOf(fields), updated_at: ctx.app.now() })
    .where('id', '=', channel.id)
    .execute()
}

const MAX_LENGTHS = {
  website_url: 255,
  widget_color: 255,
  welcome_title: 255,
  welcome_tagline: 255,
  allowed_domains: 20_000,
}
const REQUIRED = ['website_url', 'widget_color'] as const

/** Holds what is named against the rules. */
export function checkWebsite(fields: WebsiteFields): void {
  const problems = lengthProblems(fields, MAX_LENGTHS)
  for (const column of REQUIRED) {
    if (column in fields && !fields[column]?.trim()) problems.push([column, `${humanize(column)} can't be blank`])
  }
  if (fields.continuity_via_email === null)
    problems.push(['continuity_via_email', "Continuity via email can't be blank"])
  if (problems.length) throw new RecordInvalidError(problems)
}

const SAME = [
  'website_url',
  'widget_color',
  'welcome_title',
  'welcome_tagline',
  'hmac_mandatory',
  'pre_chat_form_enabled',
  'allowed_domains',
] as const

/** A form without a field is the first form again. */
function columnsOf({ pre_chat_form_options: form, ...fields }: WebsiteFields) {
  return {
    ...Object.fromEntries(SAME.filter((column) => column in fields).map((column) => [column, fields[column]])),
    ...(fields.reply_time !== undefined && { reply_time: fields.reply_time && REPLY_TIMES.indexOf(fields.reply_time) }),
    ...(typeof fields.continuity_via_email === 'boolean' && { continuity_via_email: fields.continuity_via_email }),
    ...(form && { pre_chat_form_options: JSON.stringify(isPresent(form.pre_chat_fields) ? form : FIRST_FORM) }),
    ...(fields.selected_feature_flags && {
      feature_flags: fields.selected_feature_flags.reduce((bits, flag) => bits | (1 << WIDGET_FLAGS.indexOf(flag)), 0),
    }),
  }
}

/** Lays values over the fields of this name, in the forms of all websites of the account. */
export async function changeFormFields(ctx: AccountContext, name: string, values: object): Promise<void> {
  await writeForms(
    ctx,
    name,
    sql`case when field ->> 'name' = ${name}
    then field || ${JSON.stringify(values)}::jsonb else field end`,
  )
}

export async function dropFormFields(ctx: AccountContext, name: string): Promise<void> {
  await writeForms(ctx, name, sql`field`, sql`where field ->> 'name' is distinct from ${name}`)
}

/** Writes the fields of those forms anew that have one of this name. */
async function writeForms(
  ctx: AccountContext,
  name: string,
  field: RawBuilder<unknown>,
  where: RawBuilder<unknown> = sql``,
): Promise<void> {
  const named = JSON.stringify([{ name }])
  await sql`
    update channel_web_widgets set updated_at = ${ctx.app.now()},
      pre_chat_form_options = jsonb_set(pre_chat_form_options, '{pre_chat_fields}', (
        select coalesce(jsonb_agg(${field} order by place), '[]')
        from jsonb_array_elements(pre_chat_form_options -> 'pre_chat_fields') with ordinality as f(field, place) ${where}))
    where account_id = ${ctx.account.id} and pre_chat_form_options -> 'pre_chat_fields' @> ${named}::jsonb`.execute(
    ctx.db,
  )
}
