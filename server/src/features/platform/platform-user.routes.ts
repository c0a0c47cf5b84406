import Type from 'typebox'
import { inTransaction } from '../../context/transaction.ts'
import type { Context } from '../../context/context.ts'
import { Bag, Empty, Nullable, operation } from '../../http/operation.ts'
import { loadProfile, presentPlatformUser } from '../profile/profile.presenter.ts'
import { PlatformUser } from '../profile/profile.schemas.ts'
import { makeLoginLink } from '../auth/login-link.model.ts'
import { findUserByEmail, insertUser, readyUser, updateUser, type NewUser } from '../users/user.model.ts'
import { accessPermissible, callingApp, permit } from './permissible.model.ts'

const UserBody = Type.Partial(
  Type.Object({
    name: Nullable(Type.String()),
    display_name: Nullable(Type.String()),
    email: Nullable(Type.String()),
    password: Nullable(Type.String()),
    custom_attributes: Bag,
  }),
)

const base = '/platform/api/v1/users' as const

async function show(ctx: Context, id: number) {
  return presentPlatformUser(ctx.app, (await loadProfile(ctx.db, id))!)
}

/** Who has the e-mail already, and is the app's, stays as they are, but confirmed. */
async function findOrCreateUser(ctx: Context, body: NewUser): Promise<number> {
  const known = body.email ? await findUserByEmail(ctx, body.email) : undefined
  if (known) return confirmUser(ctx, await accessPermissible(ctx, 'User', known.id, { inBody: true }))
  try {
    const ready = await readyUser(ctx, { ...body, confirmed: true, passwordRequired: true })
    return await inTransaction(ctx, async () => {
      const { id } = await insertUser(ctx, ready)
      await permit(ctx, callingApp(ctx).id, 'User', id)
      return id
    })
  } catch (error) {
    // Somebody else has made them in the meantime.
    if (body.email && (await findUserByEmail(ctx, body.email))) return findOrCreateUser(ctx, body)
    throw error
  }
}

async function confirmUser(ctx: Context, id: number): Promise<number> {
  await ctx.db
    .updateTable('users')
    .set({ confirmed_at: ctx.app.now() })
    .where('id', '=', id)
    .where('confirmed_at', 'is', null)
    .execute()
  return id
}

export const platformUserOperations = [
  operation({
    id: 'platform/users.create',
    route: `POST ${base}`,
    summary: 'Create a user, or find the one of this app who has that e-mail',
    description:
      'The person is confirmed and can sign in; no mail is sent. Somebody else who has that e-mail is reached with `parley platform-app grant` only. Make them a member with `POST …/account_users`.',
    example: { name: 'Ada Lovelace', email: 'ada@example.com', password: 'Str0ng!Passw0rd', custom_attributes: {} },
    needs: ['name', 'email', 'password'],
    access: 'platform',
    body: UserBody,
    reply: PlatformUser,
    transaction: false,
    handle: async (ctx, { body }) => show(ctx, await findOrCreateUser(ctx, body)),
  }),
  operation({
    id: 'platform/users.show',
    route: `GET ${base}/:id`,
    summary: 'Show a user',
    access: 'platform',
    reply: PlatformUser,
    handle: async (ctx, { params }) => show(ctx, await accessPermissible(ctx, 'User', params.id)),
  }),
  operation({
    id: 'platform/users.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a user',
    description: 'custom_attributes are merged; an e-mail counts at once.',
    example: { name: 'Ada King' },
    access: 'platform',
    body: UserBody,
    reply: PlatformUser,
    transaction: false,
    handle: async (ctx, { params, body }) => {
      const id = await accessPermissible(ctx, 'User', params.id)
      await updateUser(ctx, id, body)
      return show(ctx, id)
    },
  }),
  operation({
    id: 'platform/users.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Delete a user',
    description: 'Answered at once; the work is done a little later.',
    access: 'platform',
    reply: Empty,
    handle: async (ctx, { params }) => {
      ctx.later('users.destroy', { user_id: await accessPermissible(ctx, 'User', params.id) })
    },
  }),
  operation({
    id: 'platform/users.login',
    route: `GET ${base}/:id/login`,
    summary: 'Make a link by which a user signs in once, within five minutes',
    description: 'Send the person there; the link signs them in without a password.',
    access: 'platform',
    reply: Type.Object({ url: Type.String() }, { additionalProperties: false }),
    handle: async (ctx, { params }) => ({
      url: await makeLoginLink(ctx, await accessPermissible(ctx, 'User', params.id)),
    }),
  }),
  operation({
    id: 'platform/users.token',
    route: `POST ${base}/:id/token`,
    summary: "Show a user's access token",
    description: 'With it your system acts as that user in the Application API.',
    access: 'platform',
    reply: Type.Object(
      {
        access_token: Type.String(),
        expiry: Type.Null(),
        user: Type.Object(
          {
            id: Type.Integer(),
            name: Type.String(),
            display_name: Nullable(Type.String()),
            email: Type.String(),
            pubsub_token: Nullable(Type.String()),
          },
          { additionalProperties: false },
        ),
      },
      { additionalProperties: false },
    ),
    handle: async (ctx, { params }) => {
      const user = (await loadProfile(ctx.db, await accessPermissible(ctx, 'User', params.id)))!
      const { access_token, id, name, display_name, email, pubsub_token } = user
      return { access_token, expiry: null, user: { id, name, display_name, email, pubsub_token } }
    },
  }),
]
