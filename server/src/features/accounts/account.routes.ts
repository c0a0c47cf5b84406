import Type from 'typebox'
import type { AccountContext } from '../../context/context.ts'
import { Bag, Empty, Iso, Nullable, operation } from '../../http/operation.ts'
import { loadAccount, Locale, updateAccount } from './account.model.ts'
import { presentAccount } from './account.presenter.ts'
import { readCacheKeys } from './cache-key.model.ts'
import { signUp } from './sign-up.model.ts'

const CacheKeys = Type.Object(
  { label: Type.String(), inbox: Type.String(), team: Type.String() },
  { title: 'CacheKeys', additionalProperties: false },
)

const fields = {
  settings: Bag,
  created_at: Iso,
  custom_attributes: Type.Optional(Bag),
  domain: Nullable(Type.String()),
  features: Type.Record(Type.String(), Type.Boolean()),
  id: Type.Integer(),
  locale: Nullable(Type.String()),
  name: Type.String(),
  support_email: Nullable(Type.String()),
  status: Type.String(),
  cache_keys: CacheKeys,
}

const SETTINGS = [
  'auto_resolve_after',
  'auto_resolve_message',
  'auto_resolve_ignore_waiting',
  'auto_resolve_label',
  'audio_transcriptions',
  'conversation_required_attributes',
] as const
const FACTS = ['industry', 'company_size', 'timezone'] as const

const base = '/api/v1/accounts' as const

async function show(ctx: AccountContext) {
  const account = await loadAccount(ctx, ctx.account.id)
  return presentAccount(ctx.app, account, await readCacheKeys(ctx.db, account.id))
}

/** Settings and facts are merged into what is there. */
async function change(ctx: AccountContext, body: Record<string, any>) {
  const account = await loadAccount(ctx, ctx.account.id)
  const given = (names: readonly string[]) =>
    Object.fromEntries(names.filter((name) => name in body).map((name) => [name, body[name]]))
  const custom = { ...account.custom_attributes, ...given(FACTS) }
  if (custom.onboarding_step === 'account_update') custom.onboarding_step = 'invite_team'
  await updateAccount(ctx, account, {
    ...given(['name', 'locale', 'domain', 'support_email']),
    settings: { ...account.settings, ...given(SETTINGS) },
    custom_attributes: custom,
  })
  return show(ctx)
}

export const accountOperations = [
  operation({
    id: 'accounts.show',
    route: `GET ${base}/:account_id`,
    summary: 'Show an account',
    description: 'With settings, features and the role of the caller.',
    access: 'agent',
    own: true,
    reply: Type.Object(
      { ...fields, latest_chatwoot_version: Nullable(Type.String()), subscribed_features: Type.Array(Type.String()) },
      { title: 'Account', additionalProperties: false },
    ),
    handle: async (ctx) => ({ ...(await show(ctx)), latest_chatwoot_version: null, subscribed_features: [] }),
  }),
  operation({
    id: 'accounts.update',
    route: `PATCH ${base}/:account_id`,
    summary: 'Change an account',
    description: 'Settings that are left out stay as they are. The language is a code such as `en` or `pt_BR`.',
    example: { name: 'Garden shop', locale: 'en', support_email: 'help@example.com', auto_resolve_after: 1440 },
    access: 'administrator',
    own: true,
    body: Type.Partial(
      Type.Object({
        name: Nullable(Type.String()),
        locale: Nullable(Locale),
        domain: Nullable(Type.String()),
        support_email: Nullable(Type.String()),
        industry: Nullable(Type.String()),
        company_size: Nullable(Type.String()),
        timezone: Nullable(Type.String()),
        auto_resolve_after: Type.Any({ description: 'Minutes, 10 to 1439856; null for never' }),
        auto_resolve_message: Type.Any(),
        auto_resolve_ignore_waiting: Type.Any(),
        auto_resolve_label: Type.Any(),
        audio_transcriptions: Type.Any(),
        conversation_required_attributes: Type.Any(),
      }),
    ),
    reply: Type.Object(fields, { title: 'ChangedAccount', additionalProperties: false }),
    handle: (ctx, { body }) => change(ctx, body),
  }),
  operation({
    id: 'accounts.cache_keys',
    route: `GET ${base}/:account_id/cache_keys`,
    summary: 'When the lists that clients keep were last changed',
    description:
      'One number for labels, inboxes and teams each. A client that keeps these lists reads one again when its number has changed.',
    access: 'agent',
    own: true,
    reply: Type.Object({ cache_keys: CacheKeys }, { additionalProperties: false }),
    handle: async (ctx) => {
      ctx.answerHeaders['cache-control'] = 'max-age=10, private, stale-while-revalidate=300'
      return { cache_keys: await readCacheKeys(ctx.db, ctx.account.id) }
    },
  }),
  operation({
    id: 'accounts.update_active_at',
    route: `POST ${base}/:account_id/update_active_at`,
    summary: 'Say that one works in this account now',
    description: 'The account in which somebody worked last is the one their profile shows first.',
    access: 'agent',
    own: true,
    reply: Empty,
    handle: async (ctx) => {
      await ctx.db
        .updateTable('account_users')
        .set({ active_at: ctx.app.now() })
        .where('id', '=', ctx.membership!.id)
        .execute()
    },
  }),
  operation({
    id: 'accounts.create',
    route: `POST ${base}`,
    summary: 'Sign up: a new account and its administrator, where the installation allows it',
    description:
      'No token is needed. There only where `ENABLE_ACCOUNT_SIGNUP` is `true`. The answer carries the session headers of the new administrator.',
    example: {
      account_name: 'Garden shop',
      email: 'ada@example.com',
      user_full_name: 'Ada Lovelace',
      password: 'Str0ng!Passw0rd',
    },
    needs: ['account_name', 'email', 'user_full_name', 'password'],
    errors: { 403: { message: 'You have entered an invalid email' } },
    access: 'nobody',
    body: Type.Partial(
      Type.Object({
        account_name: Nullable(Type.String()),
        email: Nullable(Type.String()),
        user_full_name: Nullable(Type.String()),
        password: Nullable(Type.String()),
        locale: Nullable(Locale),
      }),
    ),
    reply: Type.Object({ data: Bag }, { additionalProperties: false }),
    transaction: false,
    handle: (ctx, { body }) => signUp(ctx, body),
  }),
]
