import Type from 'typebox'
import type { UserContext } from '../../context/context.ts'
import { Bag, Choice, Empty, File, Iso, Nullable, operation } from '../../http/operation.ts'
import { limitAddress } from '../auth/limits.ts'
import {
  removeSubscription,
  resetAccessToken,
  saveSubscription,
  setActiveAccount,
  setMembership,
  updateProfile,
} from './profile.model.ts'
import { loadProfile, presentProfile } from './profile.presenter.ts'
import { Profile } from './profile.schemas.ts'
import { detachFiles } from '../active-storage/attachment.model.ts'

const Text = Nullable(Type.String())
const base = '/api/v1/profile' as const

const SubscriptionType = Type.Unsafe<'browser_push' | 'fcm'>({
  type: 'string',
  enum: ['browser_push', 'fcm'],
  'x-values': [1, 2],
})

async function show(ctx: UserContext) {
  return presentProfile(ctx.app, (await loadProfile(ctx.db, ctx.user.id))!)
}

export const profileOperations = [
  operation({
    id: 'profiles.show',
    route: `GET ${base}`,
    summary: "Show one's profile",
    description: 'With the access token, the `pubsub_token` for `/cable`, and every account the caller belongs to.',
    access: 'user',
    reply: Profile,
    // Signing in with a token has read it already.
    handle: (ctx) =>
      ctx.caller.kind === 'user' && ctx.caller.profile ? presentProfile(ctx.app, ctx.caller.profile) : show(ctx),
  }),
  operation({
    id: 'profiles.update',
    route: `PATCH ${base}`,
    summary: "Change one's profile, picture or password",
    description: 'A new password needs the current one, and ends all other sessions.',
    example: { name: 'Grace Hopper', display_name: 'Grace', message_signature: 'Greetings, Grace' },
    access: 'user',
    wrapper: 'profile',
    body: Type.Partial(
      Type.Object({
        name: Text,
        display_name: Text,
        email: Text,
        avatar: File,
        message_signature: Text,
        ui_settings: Bag,
        phone_number: Text,
        current_password: Text,
        password: Text,
        password_confirmation: Text,
      }),
    ),
    reply: Profile,
    transaction: false,
    handle: async (ctx, { body }) => {
      await updateProfile(ctx, body)
      return show(ctx)
    },
  }),
  operation({
    id: 'profiles.avatar',
    route: `DELETE ${base}/avatar`,
    summary: "Take away one's picture",
    access: 'user',
    reply: Profile,
    handle: async (ctx) => {
      await detachFiles(ctx, { recordType: 'User', recordId: ctx.user.id, name: 'avatar' })
      return show(ctx)
    },
  }),
  operation({
    id: 'profiles.availability',
    route: `POST ${base}/availability`,
    summary: 'Be online, busy or offline in an account',
    example: { account_id: 1, availability: 'busy' },
    needs: ['account_id', 'availability'],
    access: 'user',
    wrapper: 'profile',
    body: Type.Partial(
      Type.Object({ account_id: Type.Integer(), availability: Choice(['online', 'offline', 'busy']) }),
    ),
    reply: Profile,
    handle: async (ctx, { body }) => {
      await setMembership(ctx, body.account_id, { availability: body.availability ?? null })
      return show(ctx)
    },
  }),
  operation({
    id: 'profiles.auto_offline',
    route: `POST ${base}/auto_offline`,
    summary: 'Be offline by itself when nobody is connected',
    description: 'For one account.',
    example: { account_id: 1, auto_offline: true },
    needs: ['account_id'],
    access: 'user',
    wrapper: 'profile',
    body: Type.Partial(Type.Object({ account_id: Type.Integer(), auto_offline: Nullable(Type.Boolean()) })),
    reply: Profile,
    handle: async (ctx, { body }) => {
      await setMembership(ctx, body.account_id, { auto_offline: body.auto_offline ?? false })
      return show(ctx)
    },
  }),
  operation({
    id: 'profiles.set_active_account',
    route: `PATCH ${base}/set_active_account`,
    summary: 'Say which account one works in',
    example: { account_id: 1 },
    needs: ['account_id'],
    access: 'user',
    wrapper: 'profile',
    body: Type.Partial(Type.Object({ account_id: Type.Integer() })),
    reply: Empty,
    handle: (ctx, { body }) => setActiveAccount(ctx, body.account_id),
  }),
  operation({
    id: 'profiles.resend_confirmation',
    route: `POST ${base}/resend_confirmation`,
    summary: 'Send the mail to confirm the address once more',
    description: 'Does nothing for an address that is confirmed. This release sends no mail.',
    access: 'user',
    reply: Empty,
    transaction: false,
    handle: async (ctx) => {
      await limitAddress(ctx, 'resend_confirmation', 5, 30 * 60)
      // There is no mail yet.
      ctx.app.log.warn({ request: ctx.requestId }, 'a mail to confirm an address was asked for, but no mail is set up')
    },
  }),
  operation({
    id: 'profiles.reset_access_token',
    route: `POST ${base}/reset_access_token`,
    summary: "Replace one's access token; the old one is dead at once",
    access: 'user',
    reply: Profile,
    handle: async (ctx) => {
      await resetAccessToken(ctx)
      return show(ctx)
    },
  }),
  operation({
    id: 'notification_subscriptions.create',
    route: 'POST /api/v1/notification_subscriptions',
    summary: 'Register a browser or a phone for push notifications',
    description: 'What is registered is kept; this release sends no push notifications.',
    example: {
      subscription_type: 'browser_push',
      subscription_attributes: { endpoint: 'https://push.example.com/1', p256dh: 'BNc…', auth: '8eD…' },
    },
    needs: ['subscription_type', 'subscription_attributes'],
    access: 'user',
    wrapper: 'notification_subscription',
    body: Type.Partial(Type.Object({ subscription_type: SubscriptionType, subscription_attributes: Bag })),
    reply: Type.Object(
      {
        id: Type.Integer(),
        user_id: Type.Integer(),
        subscription_type: Type.String(),
        subscription_attributes: Bag,
        created_at: Iso,
        updated_at: Iso,
        identifier: Type.String(),
      },
      { title: 'NotificationSubscription', additionalProperties: false },
    ),
    handle: (ctx, { body }) => saveSubscription(ctx, body),
  }),
  operation({
    id: 'notification_subscriptions.destroy',
    route: 'DELETE /api/v1/notification_subscriptions',
    summary: 'Take a phone off the list',
    example: { push_token: 'device-token' },
    access: 'user',
    body: Type.Partial(Type.Object({ push_token: Text })),
    reply: Empty,
    handle: (ctx, { body }) => removeSubscription(ctx, body.push_token),
  }),
]
