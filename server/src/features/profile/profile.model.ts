import { sql, type Updateable } from 'kysely'
import { columns } from '../../db/columns.ts'
import type { AccountUsers } from '../../db/schema.ts'
import { inTransaction } from '../../context/transaction.ts'
import type { UserContext } from '../../context/context.ts'
import { NotFoundError, RecordInvalidError, unprocessable } from '../../http/errors.ts'
import type { UploadedFile } from '../../vocabulary/files.ts'
import { iso } from '../../lib/times.ts'
import { hashPassword, verifyPassword } from '../../lib/passwords.ts'
import { base58Token, urlSafeToken } from '../../lib/tokens.ts'
import { checkNewPassword, setPassword } from '../auth/password.model.ts'
import { limitGuesses } from '../auth/limits.ts'
import { checkChanges, withAttributes } from '../users/user.model.ts'
import { AVAILABILITIES } from '../users/user.presenter.ts'
import { setAvatar } from '../active-storage/attachment.model.ts'

interface ProfileChanges {
  name?: string | null
  display_name?: string | null
  email?: string | null
  avatar?: UploadedFile
  message_signature?: string | null
  ui_settings?: Record<string, unknown>
  phone_number?: string | null
  current_password?: string | null
  password?: string | null
  password_confirmation?: string | null
}

/** All or nothing: the password is checked and hashed first, then written with the rest. */
export async function updateProfile(ctx: UserContext, fields: ProfileChanges): Promise<void> {
  const { id } = ctx.user
  if (fields.password) {
    await checkCurrentPassword(ctx, fields.current_password)
    checkNewPassword(fields.password, fields.password_confirmation)
  }
  const { password: _, ...personal } = fields
  const email = await checkChanges(ctx, id, personal)
  const digest = fields.password && (await hashPassword(fields.password))
  const kept = await inTransaction(ctx, async () => {
    const now = ctx.app.now()
    await ctx.db
      .updateTable('users')
      .set({
        updated_at: now,
        ...(typeof fields.name === 'string' && { name: fields.name }),
        ...(fields.display_name !== undefined && { display_name: fields.display_name }),
        ...(fields.message_signature !== undefined && { message_signature: fields.message_signature }),
        ...(fields.ui_settings && { ui_settings: JSON.stringify(fields.ui_settings) }),
        ...(fields.phone_number !== undefined && {
          custom_attributes: withAttributes({ phone_number: fields.phone_number }),
        }),
        ...(email !== undefined &&
          email !== ctx.user.email && {
            unconfirmed_email: email,
            confirmation_token: urlSafeToken(),
            confirmation_sent_at: now,
          }),
      })
      .where('id', '=', id)
      .execute()
    if (fields.avatar) await setAvatar(ctx, { recordType: 'User', recordId: id }, fields.avatar)
    return digest ? setPassword(ctx, id, digest) : undefined
  })
  // A session that it ended, its own even, is told to nobody any more.
  const { caller } = ctx
  if (digest && caller.kind === 'user' && caller.session?.client !== kept) delete caller.session
}

const PASSWORDS = { what: 'current_password', limit: 10, seconds: 15 * 60 }

/** Whoever found an open browser must not guess it either. */
function checkCurrentPassword(ctx: UserContext, password: string | null | undefined): Promise<void> {
  return limitGuesses(ctx, String(ctx.user.id), PASSWORDS, () => compareCurrentPassword(ctx, password))
}

async function compareCurrentPassword(ctx: UserContext, password: string | null | undefined): Promise<void> {
  const user = await ctx.db
    .selectFrom('users')
    .select('encrypted_password')
    .where('id', '=', ctx.user.id)
    .executeTakeFirst()
  if (!(await verifyPassword(password ?? '', user?.encrypted_password ?? null)))
    throw unprocessable('Invalid current password')
}

/** In one of the caller's own accounts. */
export async function setMembership(
  ctx: UserContext,
  accountId: number | undefined,
  wanted: { availability?: (typeof AVAILABILITIES)[number] | null; auto_offline?: boolean },
): Promise<void> {
  if (wanted.availability === null) throw new RecordInvalidError([['availability', "Availability can't be blank"]])
  await changeMembership(ctx, accountId, {
    updated_at: ctx.app.now(),
    ...(wanted.availability && { availability: AVAILABILITIES.indexOf(wanted.availability) }),
    ...(typeof wanted.auto_offline === 'boolean' && { auto_offline: wanted.auto_offline }),
  })
}

export function setActiveAccount(ctx: UserContext, accountId: number | undefined): Promise<void> {
  return changeMembership(ctx, accountId, { active_at: ctx.app.now() })
}

async function changeMembership(
  ctx: UserContext,
  accountId: number | undefined,
  changes: Updateable<AccountUsers>,
): Promise<void> {
  const { numUpdatedRows } = await ctx.db
    .updateTable('account_users')
    .set(changes)
    .where('user_id', '=', ctx.user.id)
    .where('account_id', '=', accountId ?? null)
    .executeTakeFirst()
  if (!numUpdatedRows) throw new NotFoundError()
}

export async function resetAccessToken(ctx: UserContext): Promise<void> {
  await ctx.db
    .updateTable('access_tokens')
    .set({ token: base58Token(), updated_at: ctx.app.now() })
    .where('owner_type', '=', 'User')
    .where('owner_id', '=', ctx.user.id)
    .execute()
}

const SUBSCRIPTION_TYPES = ['browser_push', 'fcm'] as const
/** Chatwoot's numbers of them. */
const SUBSCRIPTION_NUMBERS = [1, 2]

interface Subscription {
  subscription_type?: (typeof SUBSCRIPTION_TYPES)[number] | null
  subscription_attributes?: Record<string, any> | null
}

/** One for each device: it moves to whoever registers it last. */
export async function saveSubscription(
  ctx: UserContext,
  { subscription_type: type, subscription_attributes: attributes = {} }: Subscription,
) {
  const sent: unknown = type === 'browser_push' ? attributes?.endpoint : attributes?.device_id
  const identifier = typeof sent === 'number' ? String(sent) : sent
  if (!type || typeof identifier !== 'string' || !identifier)
    throw new RecordInvalidError([['identifier', "Identifier can't be blank"]])
  if (identifier.length > 2048)
    throw new RecordInvalidError([['identifier', 'Identifier is too long (maximum is 2048 characters)']])
  const number = SUBSCRIPTION_NUMBERS[SUBSCRIPTION_TYPES.indexOf(type)]!
  const now = ctx.app.now()
  const row = await ctx.db
    .insertInto('notification_subscriptions')
    .values({
      user_id: ctx.user.id,
      subscription_type: number,
      subscription_attributes: JSON.stringify(attributes),
      identifier,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict.column('identifier').doUpdateSet(({ ref }) => ({
        user_id: ref('excluded.user_id'),
        subscription_type: ref('excluded.subscription_type'),
        subscription_attributes: ref('excluded.subscription_attributes'),
        updated_at: ref('excluded.updated_at'),
      })),
    )
    .returning(SUBSCRIPTION_COLUMNS)
    .$narrowType<{ identifier: string; subscription_attributes: Record<string, unknown> }>()
    .executeTakeFirstOrThrow()
  return {
    ...row,
    subscription_type: SUBSCRIPTION_TYPES[SUBSCRIPTION_NUMBERS.indexOf(row.subscription_type)]!,
    created_at: iso(row.created_at)!,
    updated_at: iso(row.updated_at)!,
  }
}

const SUBSCRIPTION_COLUMNS = columns(
  'notification_subscriptions',
  'id',
  'user_id',
  'subscription_type',
  'subscription_attributes',
  'identifier',
  'created_at',
  'updated_at',
)

/** Only the caller's own, where Chatwoot takes anybody's. */
export async function removeSubscription(ctx: UserContext, pushToken: string | null | undefined): Promise<void> {
  if (!pushToken) return
  await ctx.db
    .deleteFrom('notification_subscriptions')
    .where('user_id', '=', ctx.user.id)
    .where(sql`subscription_attributes ->> 'push_token'`, '=', pushToken)
    .execute()
}
