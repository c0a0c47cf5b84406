import { sql } from 'kysely'
import type { Context } from '../../context/context.ts'

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
