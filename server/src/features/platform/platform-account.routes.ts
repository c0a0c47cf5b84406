import Type from 'typebox'
import type { Context } from '../../context/context.ts'
import { Bag, Choice, Empty, Iso, Nullable, operation } from '../../http/operation.ts'
import { readPathId } from '../../http/params.ts'
import { createAccount, loadAccount, loadAccounts, Locale, updateAccount } from '../accounts/account.model.ts'
import { ACCOUNT_STATUSES } from '../accounts/account.record.ts'
import { presentPlatformAccount } from '../accounts/account.presenter.ts'
import { Availability, Role } from '../schemas.ts'
import { membershipsOf, presentMembership, removeMember, upsertMember } from './account-user.model.ts'
import { accessPermissible, callingApp, permit, permittedIds } from './permissible.model.ts'

const PlatformAccount = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    locale: Nullable(Type.String()),
    domain: Nullable(Type.String()),
    support_email: Nullable(Type.String()),
    features: Type.Record(Type.String(), Type.Boolean()),
    custom_attributes: Bag,
    limits: Bag,
    status: Type.String(),
  },
  { title: 'PlatformAccount', additionalProperties: false },
)

const AccountBody = Type.Partial(
  Type.Object({
    name: Nullable(Type.String()),
    locale: Nullable(Locale),
    domain: Nullable(Type.String()),
    support_email: Nullable(Type.String()),
    status: Choice(ACCOUNT_STATUSES),
    features: Bag,
    limits: Bag,
    custom_attributes: Bag,
  }),
)

const AccountUser = Type.Object(
  {
    id: Type.Integer(),
    account_id: Type.Integer(),
    user_id: Type.Integer(),
    role: Role,
    inviter_id: Nullable(Type.Integer()),
    created_at: Iso,
    updated_at: Iso,
    active_at: Nullable(Iso),
    availability: Availability,
    auto_offline: Type.Boolean(),
    custom_role_id: Nullable(Type.Integer()),
    agent_capacity_policy_id: Nullable(Type.Integer()),
  },
  { title: 'AccountUser', additionalProperties: false },
)

/** Text that is no number names nobody. */
const UserId = Nullable(Type.Union([Type.String(), Type.Integer()]))
async function accessUser(
  ctx: Context,
  { user_id: sent }: { user_id?: string | number | null },
): Promise<number | null> {
  const id = readPathId(String(sent ?? ''))
  return id === null ? null : accessPermissible(ctx, 'User', id, { inBody: true })
}

const base = '/platform/api/v1/accounts' as const

export const platformAccountOperations = [
  operation({
    id: 'platform/accounts.index',
    route: `GET ${base}`,
    summary: 'List the accounts this app may touch',
    access: 'platform',
    reply: Type.Array(PlatformAccount),
    handle: async (ctx) => {
      const accounts = await loadAccounts(ctx, await permittedIds(ctx, 'Account'))
      return accounts.map((account) => presentPlatformAccount(ctx.app, account))
    },
  }),
  operation({
    id: 'platform/accounts.create',
    route: `POST ${base}`,
    summary: 'Create an account',
    description: 'The app may touch the account from then on.',
    example: { name: 'Garden shop', locale: 'en', support_email: 'help@example.com' },
    needs: ['name'],
    access: 'platform',
    body: AccountBody,
    reply: PlatformAccount,
    handle: async (ctx, { body }) => {
      const account = await createAccount(ctx, body)
      await permit(ctx, callingApp(ctx).id, 'Account', account.id)
      return presentPlatformAccount(ctx.app, account)
    },
  }),
  operation({
    id: 'platform/accounts.show',
    route: `GET ${base}/:id`,
    summary: 'Show an account',
    access: 'platform',
    reply: PlatformAccount,
    handle: async (ctx, { params }) =>
      presentPlatformAccount(ctx.app, await loadAccount(ctx, await accessPermissible(ctx, 'Account', params.id))),
  }),
  operation({
    id: 'platform/accounts.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change an account',
    description: 'custom_attributes and limits are replaced as a whole, features one by one.',
    example: { name: 'Garden shop', limits: { agents: 5 }, features: { help_center: false } },
    access: 'platform',
    body: AccountBody,
    reply: PlatformAccount,
    handle: async (ctx, { params, body }) => {
      const account = await loadAccount(ctx, await accessPermissible(ctx, 'Account', params.id))
      return presentPlatformAccount(ctx.app, await updateAccount(ctx, account, body))
    },
  }),
  operation({
    id: 'platform/accounts.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete an account and all it holds',
    description: 'Answered at once; the work is done a little later.',
    access: 'platform',
    reply: Empty,
    handle: async (ctx, { params }) => {
      ctx.later('accounts.destroy', { account_id: await accessPermissible(ctx, 'Account', params.id) })
    },
  }),
  operation({
    id: 'platform/account_users.index',
    route: `GET ${base}/:account_id/account_users`,
    summary: 'List the members of an account',
    access: 'platform',
    reply: Type.Array(AccountUser),
    handle: async (ctx, { params }) => {
      const id = await accessPermissible(ctx, 'Account', params.account_id)
      return (await membershipsOf(ctx, id).orderBy('id').execute()).map(presentMembership)
    },
  }),
  operation({
    id: 'platform/account_users.create',
    route: `POST ${base}/:account_id/account_users`,
    summary: 'Make a user a member of an account, or change their role',
    description: 'The app may touch both the account and the user.',
    example: { user_id: 1, role: 'administrator' },
    needs: ['user_id'],
    access: 'platform',
    body: Type.Partial(Type.Object({ user_id: UserId, role: Choice(['agent', 'administrator']) })),
    reply: AccountUser,
    handle: async (ctx, { params, body }) => {
      const id = await accessPermissible(ctx, 'Account', params.account_id)
      return presentMembership(await upsertMember(ctx, id, await accessUser(ctx, body), body.role))
    },
  }),
  operation({
    id: 'platform/account_users.destroy',
    route: `DELETE ${base}/:account_id/account_users`,
    summary: 'Remove a member from an account',
    description: 'The person stays. The app may touch both the account and the user.',
    example: { user_id: 1 },
    access: 'platform',
    body: Type.Partial(Type.Object({ user_id: UserId })),
    reply: Empty,
    handle: async (ctx, { params, body }) => {
      const id = await accessPermissible(ctx, 'Account', params.account_id)
      await removeMember(ctx, id, await accessUser(ctx, body))
    },
  }),
]
