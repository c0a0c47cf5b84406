import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import { inTransaction } from '../../context/transaction.ts'
import type { AccountContext, MemberContext } from '../../context/context.ts'
import { lengthProblems, NotFoundError, RecordInvalidError, unprocessable } from '../../http/errors.ts'
import { isEmail } from '../../lib/email.ts'
import { checkLimit } from '../accounts/limit.model.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'
import { userJson } from '../pictures/picture.sql.ts'
import { addMember, roleNumber } from '../users/membership.model.ts'
import { createUser, findUserByEmail } from '../users/user.model.ts'
import { AVAILABILITIES } from '../users/user.presenter.ts'
import { isMember } from '../accounts/own.query.ts'

export interface AgentFields {
  name?: string | null
  email?: string | null
  role?: 'agent' | 'administrator' | null
  availability?: (typeof AVAILABILITIES)[number] | null
  auto_offline?: boolean | null
}

/** By name, whatever its case. */
export async function listAgents(ctx: AccountContext): Promise<AgentPicture[]> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ agent: AgentPicture }>`
    select ${userJson(sql`au.user_id`, sql`au.account_id`)} as agent from account_users au join users n on n.id = au.user_id
    where au.account_id = ${ctx.account.id} order by lower(n.name), n.id`,
  )
  return rows.map((row) => row.agent)
}

export async function accessAgent(ctx: AccountContext, userId: number): Promise<AgentPicture> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ agent: AgentPicture }>`
    select ${userJson(sql`au.user_id`, sql`au.account_id`)} as agent from account_users au
    where au.account_id = ${ctx.account.id} and au.user_id = ${userId}`,
  )
  if (!rows[0]) throw new NotFoundError()
  return rows[0].agent
}

/** Somebody with that e-mail becomes a member; nobody yet, and a login is made that waits for its confirmation. */
export async function createAgent(ctx: MemberContext, fields: AgentFields): Promise<AgentPicture> {
  await checkLimit(ctx, 'agents')
  const known = fields.email ? await findUserByEmail(ctx, fields.email) : undefined
  if (known && (await isMember(ctx, known.id)))
    throw new RecordInvalidError([['user_id', 'User has already been taken']])
  if (!known && fields.email && isEmail(fields.email.trim()) && typeof fields.name !== 'string')
    throw new RecordInvalidError([['name', "Name can't be blank"]])
  const user = known ?? (await createUser(ctx, { name: fields.name ?? '', email: fields.email }))
  await inTransaction(ctx, () => join(ctx, user.id, fields))
  return accessAgent(ctx, user.id)
}

function join(ctx: MemberContext, userId: number, fields: AgentFields) {
  return addMember(ctx, {
    account_id: ctx.account.id,
    user_id: userId,
    inviter_id: ctx.user.id,
    ...(fields.role && { role: fields.role }),
    ...(fields.availability && { availability: AVAILABILITIES.indexOf(fields.availability) }),
    ...(typeof fields.auto_offline === 'boolean' && { auto_offline: fields.auto_offline }),
  })
}

/** What is null stays as it is; the e-mail is theirs alone to change. */
export async function updateAgent(ctx: MemberContext, userId: number, fields: AgentFields): Promise<AgentPicture> {
  const agent = await accessAgent(ctx, userId)
  const problems = lengthProblems(fields, { name: 255 })
  if (problems.length) throw new RecordInvalidError(problems)
  const loses = fields.role === 'agent' && agent.role === 1
  if (loses) await keepAnAdministrator(ctx, userId)
  await ctx.db
    .updateTable('account_users')
    .set({
      updated_at: ctx.app.now(),
      ...(fields.role && { role: roleNumber(fields.role) }),
      ...(fields.availability && { availability: AVAILABILITIES.indexOf(fields.availability) }),
      ...(typeof fields.auto_offline === 'boolean' && { auto_offline: fields.auto_offline }),
    })
    .where('account_id', '=', ctx.account.id)
    .where('user_id', '=', userId)
    .execute()
  if (typeof fields.name === 'string' && fields.name !== agent.name) await renameAgent(ctx, userId, fields.name)
  if (fields.role && roleNumber(fields.role) !== agent.role) await ctx.app.sockets.endOf(ctx, userId)
  return accessAgent(ctx, userId)
}

/** The name is the same in all accounts of a person: themself may change it, and who administers every one of them. */
async function renameAgent(ctx: MemberContext, userId: number, name: string): Promise<void> {
  const isElsewhere = sql<boolean>`exists (select 1 from account_users theirs where theirs.user_id = ${userId} and not exists
    (select 1 from account_users mine where mine.account_id = theirs.account_id and mine.user_id = ${ctx.user.id} and mine.role = 1))`
  const { numUpdatedRows } = await ctx.db
    .updateTable('users')
    .set({ name, updated_at: ctx.app.now() })
    .where('id', '=', userId)
    .where((where) => where.or([where('id', '=', ctx.user.id), where.not(isElsewhere)]))
    .executeTakeFirst()
  if (!numUpdatedRows) {
    const whose = 'Name is theirs to change: they are a member of accounts that you do not administer'
    throw new RecordInvalidError([['name', whose]])
  }
}

export async function removeAgent(ctx: AccountContext, userId: number): Promise<void> {
  const agent = await accessAgent(ctx, userId)
  if (agent.role === 1) await keepAnAdministrator(ctx, userId)
  // An invitation makes a login and a member in one go. Whoever had a login before it keeps that, with or without an account.
  const { rows } = await sql<{ is_theirs: boolean }>`
    delete from account_users au using users u
    where au.account_id = ${ctx.account.id} and au.user_id = ${userId} and u.id = au.user_id
    returning au.inviter_id is not null and u.created_at < au.created_at - interval '1 minute' as is_theirs`.execute(
    ctx.db,
  )
  const removeOrphan = rows.some((row) => !row.is_theirs)
  ctx.later('account_users.forget', { account_id: ctx.account.id, user_id: userId, remove_orphan: removeOrphan })
  await ctx.app.sockets.endOf(ctx, userId)
}

/** An account without one could never be put right again. */
async function keepAnAdministrator(ctx: AccountContext, userId: number): Promise<void> {
  const administrators = await ctx.db
    .selectFrom('account_users')
    .select('user_id')
    .where('account_id', '=', ctx.account.id)
    .where('role', '=', 1)
    .orderBy('id')
    .forUpdate()
    .execute()
  if (!administrators.some((row) => row.user_id !== userId)) {
    throw unprocessable('The last administrator of an account can neither be removed nor become an agent')
  }
}

/** At most so many at once: each new login costs a tenth of a second. */
const MAX_AT_ONCE = 500

/** What is no address, and who is a member already, is passed over. */
export async function createAgents(ctx: MemberContext, emails: (string | null)[]): Promise<void> {
  await checkLimit(ctx, 'agents', emails.length)
  const addresses = emails.map((email) => email?.trim().toLowerCase() ?? '')
  const wanted = new Set(addresses.filter((email) => isEmail(email) && email.length <= 255))
  if (wanted.size > MAX_AT_ONCE)
    throw new RecordInvalidError([['emails', `Emails are too many (maximum is ${MAX_AT_ONCE})`]])
  for (const email of wanted) {
    const known = await findUserByEmail(ctx, email)
    if (known && (await isMember(ctx, known.id))) continue
    const user = known ?? (await createUser(ctx, { name: email.split('@')[0]!, email }))
    await inTransaction(ctx, () => join(ctx, user.id, { role: 'agent', availability: 'offline', auto_offline: false }))
  }
  await ctx.db
    .updateTable('accounts')
    .set({ custom_attributes: sql<string>`custom_attributes - 'onboarding_step'` })
    .where('id', '=', ctx.account.id)
    .execute()
}
