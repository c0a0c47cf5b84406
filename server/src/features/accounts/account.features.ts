/** Features by the bit that Chatwoot keeps them in: the first is bit 1. The order never changes. */
export const FEATURES = [
  'inbound_emails',
  'channel_email',
  'channel_facebook',
  'channel_twitter',
  'ip_lookup',
  'disable_branding',
  'email_continuity_on_api_channel',
  'help_center',
  'agent_bots',
  'macros',
  'agent_management',
  'team_management',
  'inbox_management',
  'labels',
  'custom_attributes',
  'automations',
  'canned_responses',
  'integrations',
  'voice_recorder',
  'mobile_v2',
  'channel_website',
  'campaigns',
  'reports',
  'crm',
  'auto_resolve_conversations',
  'custom_reply_email',
  'custom_reply_domain',
  'audit_logs',
  'response_bot',
  'message_reply_to',
  'insert_article_in_reply',
  'inbox_view',
  'sla',
  'help_center_embedding_search',
  'linear_integration',
  'captain_integration',
  'custom_roles',
  'chatwoot_v4',
  'report_v4',
  'contact_chatwoot_support_team',
  'shopify_integration',
  'search_with_gin',
  'channel_instagram',
  'crm_integration',
  'channel_voice',
  'notion_integration',
  'captain_integration_v2',
  'whatsapp_embedded_signup',
  'whatsapp_campaign',
  'crm_v2',
  'assignment_v2',
  'twilio_content_templates',
  'advanced_search',
  'saml',
  'advanced_search_indexing',
  'reply_mailer_migration',
  'quoted_email_reply',
  'companies',
  'channel_tiktok',
  'csat_review_notes',
  'captain_tasks',
  'conversation_required_attributes',
  'advanced_assignment',
] as const

export type Feature = (typeof FEATURES)[number]

const DEFAULTS: readonly Feature[] = [
  'inbound_emails',
  'channel_email',
  'channel_facebook',
  'channel_twitter',
  'help_center',
  'agent_bots',
  'macros',
  'agent_management',
  'team_management',
  'inbox_management',
  'labels',
  'custom_attributes',
  'automations',
  'canned_responses',
  'integrations',
  'voice_recorder',
  'channel_website',
  'campaigns',
  'reports',
  'crm',
  'auto_resolve_conversations',
  'chatwoot_v4',
  'report_v4',
  'contact_chatwoot_support_team',
  'channel_instagram',
  'channel_tiktok',
  'captain_tasks',
]

const bitOf = (feature: Feature) => 1n << BigInt(FEATURES.indexOf(feature))

export const isFeature = (name: string): name is Feature => (FEATURES as readonly string[]).includes(name)

/** What a new account has. */
export const DEFAULT_FLAGS: bigint = DEFAULTS.reduce((flags, feature) => flags | bitOf(feature), 0n)

/** The flags are more than a JavaScript number holds, so they travel as text. */
export function featuresOf(flags: string): Record<string, true> {
  const bits = BigInt(flags)
  return Object.fromEntries(FEATURES.filter((feature) => bits & bitOf(feature)).map((feature) => [feature, true]))
}

export function withFeatures(flags: string, wanted: Record<Feature, boolean>): string {
  let bits = BigInt(flags)
  for (const [feature, on] of Object.entries(wanted) as [Feature, boolean][]) {
    bits = on ? bits | bitOf(feature) : bits & ~bitOf(feature)
  }
  return String(bits)
}
