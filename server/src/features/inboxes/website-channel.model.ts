import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'
import { humanize, lengthProblems, RecordInvalidError } from '../../http/errors.ts'
import { base58Token } from '../../lib/tokens.ts'
import { isPresent } from './inbox.rules.ts'

/** The row of a website's channel. */
export interface WebsiteChannel {
  id: number
  website_url: string | null
  website_token: string
  widget_color: string | null
  welcome_title: string | null
  welcome_tagline: string | null
  feature_flags: number
  reply_time: number | null
  hmac_token: string
  hmac_mandatory: boolean | null
  pre_chat_form_enabled: boolean | null
  pre_chat_form_options: Record<string, unknown> | null
  continuity_via_email: boolean
  allowed_domains: string | null
}

export const REPLY_TIMES = ['in_a_few_minutes', 'in_a_few_hours', 'in_a_day'] as const
/** By bit, the first is 1. */
export const WIDGET_FLAGS = ['attachments', 'emoji_picker', 'end_conversation', 'use_inbox_avatar_for_bot'] as const

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
    { field_type: 'standard', label: 'Phone number', name: 'phoneNumber', type: 'text', required: false, enabled: false },
  ],
}

/** All but the last. */
const FIRST_FLAGS = 7

export async function createWebsiteChannel(ctx: Context, fields: WebsiteFields): Promise<number> {
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

export async function updateWebsiteChannel(ctx: Context, channel: WebsiteChannel, fields: WebsiteFields): Promise<void> {
  checkWebsite(fields)
  await ctx.db
    .updateTable('channel_web_widgets')
    .set({ ...columnsOf(fields), updated_at: ctx.app.now() })
    .where('id', '=', channel.id)
    .execute()
}

const MAX_LENGTHS = { website_url: 255, widget_color: 255, welcome_title: 255, welcome_tagline: 255, allowed_domains: 20_000 }
const REQUIRED = ['website_url', 'widget_color'] as const

/** Holds what is named against the rules. */
export function checkWebsite(fields: WebsiteFields): void {
  const problems = lengthProblems(fields, MAX_LENGTHS)
  for (const column of REQUIRED) {
    if (column in fields && !fields[column]?.trim()) problems.push([column, `${humanize(column)} can't be blank`])
  }
  if (fields.continuity_via_email === null) problems.push(['continuity_via_email', "Continuity via email can't be blank"])
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

/** The keys an inbox of this kind has beyond those every inbox has; the proof's key for administrators. */
export function presentWebsiteChannel(ctx: Context, channel: WebsiteChannel) {
  return {
    allowed_domains: channel.allowed_domains,
    widget_color: channel.widget_color,
    website_url: channel.website_url,
    hmac_mandatory: channel.hmac_mandatory,
    welcome_title: channel.welcome_title,
    welcome_tagline: channel.welcome_tagline,
    web_widget_script: scriptOf(ctx.app.config.frontendUrl, channel.website_token),
    website_token: channel.website_token,
    selected_feature_flags: WIDGET_FLAGS.filter((_, bit) => channel.feature_flags & (1 << bit)),
    reply_time: channel.reply_time === null ? null : (REPLY_TIMES[channel.reply_time] ?? 'in_a_few_minutes'),
    ...(ctx.isAdministrator && { hmac_token: channel.hmac_token }),
    pre_chat_form_enabled: channel.pre_chat_form_enabled,
    pre_chat_form_options: channel.pre_chat_form_options ?? {},
    continuity_via_email: channel.continuity_via_email,
  }
}

/** What goes into a website's pages; sites have it pasted, so its form is Chatwoot's. */
function scriptOf(base: string, token: string): string {
  return `
    <script>
      (function(d,t) {
        var BASE_URL="${base}";
        var g=d.createElement(t),s=d.getElementsByTagName(t)[0];
        g.src=BASE_URL+"/packs/js/sdk.js";
        g.async = true;
        s.parentNode.insertBefore(g,s);
        g.onload=function(){
          window.chatwootSDK.run({
            websiteToken: '${token}',
            baseUrl: BASE_URL
          })
        }
      })(document,"script");
    </script>
    `
}

/** One JSON column for the inbox's own statement. */
export const websiteJson = sql`(select json_build_object('id', ww.id, 'website_url', ww.website_url, 'website_token', ww.website_token,
    'widget_color', ww.widget_color, 'welcome_title', ww.welcome_title, 'welcome_tagline', ww.welcome_tagline,
    'feature_flags', ww.feature_flags, 'reply_time', ww.reply_time, 'hmac_token', ww.hmac_token,
    'hmac_mandatory', ww.hmac_mandatory, 'pre_chat_form_enabled', ww.pre_chat_form_enabled,
    'pre_chat_form_options', ww.pre_chat_form_options, 'continuity_via_email', ww.continuity_via_email,
    'allowed_domains', ww.allowed_domains)
  from channel_web_widgets ww where ww.id = i.channel_id and i.channel_type = 'Channel::WebWidget')`
