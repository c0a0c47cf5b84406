import { sql } from 'kysely'
import { columns, listed, type Refine, type Row } from '../../db/columns.ts'
import { inTransaction } from '../../context/transaction.ts'
import type { Context } from '../../context/context.ts'
import { bagProblems, lengthProblems, RecordInvalidError } from '../../http/errors.ts'
import { setPassword } from '../auth/password.model.ts'
import { isEmail, isPlainEmail } from '../../lib/email.ts'
import { hashPassword, newPasswordProblems, passwordProblems } from '../../lib/passwords.ts'
import { base58Token } from '../../lib/tokens.ts'

const USER_COLUMNS = columns(
  'users',
  'id',
  'name',
  'display_name',
  'email',
  'uid',
  'provider',
  'pubsub_token',
  'confirmed_at',
  'custom_attributes',
)

type Known = { email: string; pubsub_token: string; custom_attributes: Record<string, unknown> | null }

export interface UserRow extends Refine<Row<typeof USER_COLUMNS>, Known> {
  access_token: string
}

export interface NewUser {
  name?: string | null
  display_name?: string | null
  email?: string | null
  /** Absent: one that nobody knows. */
  password?: string | null
  password_confirmation?: string | null
  custom_attributes?: Record<string, unknown> | null
  confirmed?: boolean
}

const NAME_BLANK: [string, string] = ['name', "Name can't be blank"]
const EMAIL_TAKEN: [string, string] = ['email', 'Email has already been taken']

/** Checked, and with its password hashed: ready to be written. */
export type ReadyUser = Omit<NewUser, 'name' | 'email' | 'password' | 'password_confirmation'> & {
  name: string
  email: string
  digest: string
}

export async function createUser(ctx: Context, fields: NewUser & { passwordRequired?: boolean }): Promise<UserRow> {
  const ready = await readyUser(ctx, fields)
  return inTransaction(ctx, () => insertUser(ctx, ready))
}

/** Hashing takes a tenth of a second: for before the transaction. */
export async function readyUser(ctx: Context, fields: NewUser & { passwordRequired?: boolean }): Promise<ReadyUser> {
  const email = fields.email?.trim().toLowerCase() ?? ''
  const password = fields.password ?? (fields.passwordRequired ? null : `${base58Token()}aA1!`)
  const problems: [string, string][] = [
    ...emailProblems(email),
    ...lengthProblems(fields, MAX_LENGTHS),
    ...newPasswordProblems(password, fields.password_confirmation),
  ]
  if (!problems.length && (await isTaken(ctx, email))) problems.push(EMAIL_TAKEN)
  // Chatwoot leaves this one to the database, after all that it checks itself.
  const { name } = fields
  if (!problems.length && (name === undefined || name === null)) problems.push(NAME_BLANK)
  if (problems.length) throw new RecordInvalidError(problems)
  return { ...fields, name: name!, email, digest: await hashPassword(password!) }
}

export async function insertUser(ctx: Context, user: ReadyUser): Promise<UserRow> {
  const now = ctx.app.now()
  const { rows } = await sql<UserRow>`
    with u as (
      insert into users (name, display_name, email, uid, provider, encrypted_password, pubsub_token, custom_attributes,
        confirmed_at, created_at, updated_at)
      values (${user.name}, ${user.display_name ?? null}, ${user.email}, ${user.email}, 'email', ${user.digest}, ${base58Token()},
        ${JSON.stringify(user.custom_attributes ?? {})}, ${user.confirmed ? now : null}, ${now}, ${now})
      returning *
    ), t as (
      insert into access_tokens (owner_type, owner_id, token, created_at, updated_at)
      select 'User', u.id, ${base58Token()}, ${now}, ${now} from u returning token
    )
    select ${listed(USER_COLUMNS, 'u')}, t.token as access_token from u, t`.execute(ctx.db)
  return rows[0]!
}

interface PersonalFields {
  name?: string | null
  display_name?: string | null
  email?: string | null
  message_signature?: string | null
  password?: string | null
}

export interface UserChanges extends Omit<PersonalFields, 'message_signature'> {
  /** Merged into what is there. */
  custom_attributes?: Record<string, unknown> | null
}

/** A changed e-mail counts at once. */
export async function updateUser(ctx: Context, id: number, fields: UserChanges): Promise<void> {
  const email = await checkChanges(ctx, id, fields)
  const digest = typeof fields.password === 'string' ? await hashPassword(fields.password) : undefined
  await inTransaction(ctx, async () => {
    const { custom_attributes } = await ctx.db
      .updateTable('users')
      .set({
        updated_at: ctx.app.now(),
        ...(typeof fields.name === 'string' && { name: fields.name }),
        ...(fields.display_name !== undefined && { display_name: fields.display_name }),
        ...(email !== undefined && { email, uid: email }),
        ...(fields.custom_attributes && { custom_attributes: withAttributes(fields.custom_attributes) }),
      })
      .where('id', '=', id)
      .returning('custom_attributes')
      .executeTakeFirstOrThrow()
    const problems = fields.custom_attributes ? bagProblems({ custom_attributes }) : []
    if (problems.length) throw new RecordInvalidError(problems)
    if (digest) await setPassword(ctx, id, digest)
  }).catch((error: unknown) => {
    throw isTakenError(error) ? new RecordInvalidError([EMAIL_TAKEN]) : error
  })
}

/** Those of `users`, and these. */
export const withAttributes = (more: Record<string, unknown>) =>
  sql<string>`coalesce(custom_attributes, '{}') || ${JSON.stringify(more)}::jsonb`

/** Somebody else was quicker: the index of e-mails has the last word. */
const isTakenError = (error: unknown) => (error as { code?: string }).code === '23505'

/** Of somebody who is there already. Returns the e-mail as it is kept; undefined when none was sent. */
export async function checkChanges(ctx: Context, id: number, fields: PersonalFields): Promise<string | undefined> {
  const email = fields.email === undefined ? undefined : (fields.email?.trim().toLowerCase() ?? '')
  const problems: [string, string][] = [
    ...(email === undefined ? [] : emailProblems(email)),
    // Blank will do, none at all will not.
    ...(fields.name === null ? [NAME_BLANK] : []),
    ...lengthProblems(fields, MAX_LENGTHS),
    ...(typeof fields.password === 'string'
      ? passwordProblems(fields.password).map((text): [string, string] => ['password', text])
      : []),
  ]
  if (email !== undefined && !problems.length && (await isTaken(ctx, email, id))) problems.push(EMAIL_TAKEN)
  if (problems.length) throw new RecordInvalidError(problems)
  return email
}

export async function findUserByEmail(ctx: Context, email: string): Promise<{ id: number } | undefined> {
  return ctx.db
    .selectFrom('users')
    .select('id')
    .where('email', '=', email.trim().toLowerCase())
    .limit(1)
    .executeTakeFirst()
}

function emailProblems(email: string): [string, string][] {
  if (!email) return [['email', "Email can't be blank"]]
  if (email.length > 255) return [['email', 'Email is too long (maximum is 255 characters)']]
  return [
    ...(isEmail(email) ? [] : ([['email', 'Email is invalid']] as [string, string][])),
    ...(isPlainEmail(email) ? [] : ([['email', 'Email is not an email']] as [string, string][])),
  ]
}

const MAX_LENGTHS = { name: 255, display_name: 255 }

async function isTaken(ctx: Context, email: string, except = 0): Promise<boolean> {
  const other = await ctx.db
    .selectFrom('users')
    .select('id')
    .where('email', '=', email)
    .where('id', '<>', except)
    .limit(1)
    .executeTakeFirst()
  return other !== undefined
}
