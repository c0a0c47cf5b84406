import { sql } from 'kysely'
import type { AccountContext, Context } from '../../context/context.ts'
import { NotFoundError, RecordInvalidError, lengthProblems } from '../../http/errors.ts'
import type { UploadedFile } from '../../vocabulary/files.ts'
import { base58Token } from '../../lib/tokens.ts'
import { fetchAvatarLater } from '../avatars/avatar.model.ts'
import { selectBots, type AgentBotRecord } from './agent-bot.query.ts'
import { detachFiles, setAvatar } from '../active-storage/attachment.model.ts'

export type { AgentBotRecord } from './agent-bot.query.ts'

export interface AgentBotFields {
  name?: string | null
  description?: string | null
  outgoing_url?: string | null
  /** Null: a bot of the whole installation. */
  account_id?: number | null
  bot_type?: 'webhook' | null
  bot_config?: Record<string, unknown> | null
  avatar?: UploadedFile
  avatar_url?: string | null
}

/** Those of the whole installation first, then the account's own. */
export async function listAgentBots(ctx: AccountContext): Promise<AgentBotRecord[]> {
  const bots = await selectBots(ctx, sql`(b.account_id is null or b.account_id = ${ctx.account.id})`)
  return [...bots.filter((bot) => bot.account_id === null), ...bots.filter((bot) => bot.account_id !== null)]
}

/** A bot that the account may use. */
export async function accessAgentBot(ctx: AccountContext, id: number): Promise<AgentBotRecord> {
  return found(await selectBots(ctx, sql`b.id = ${id} and (b.account_id is null or b.account_id = ${ctx.account.id})`))
}

/** A bot that the account may change. */
export async function accessOwnAgentBot(ctx: AccountContext, id: number): Promise<AgentBotRecord> {
  return found(await selectBots(ctx, sql`b.id = ${id} and b.account_id = ${ctx.account.id}`))
}

/** Any bot of the installation; whether the caller may reach it is the caller's to check. */
export async function loadAgentBot(ctx: Context, id: number): Promise<AgentBotRecord> {
  return found(await selectBots(ctx, sql`b.id = ${id}`))
}

export async function createAgentBot(ctx: Context, fields: AgentBotFields): Promise<AgentBotRecord> {
  checkAgentBot(fields)
  const now = ctx.app.now()
  const { id } = await ctx.db
    .insertInto('agent_bots')
    .values({
      name: fields.name ?? null,
      description: fields.description ?? null,
      outgoing_url: fields.outgoing_url ?? null,
      account_id: fields.account_id ?? null,
      bot_type: 0,
      bot_config: JSON.stringify(fields.bot_config ?? {}),
      created_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await ctx.db
    .insertInto('access_tokens')
    .values({ owner_type: 'AgentBot', owner_id: id, token: base58Token(24), created_at: now, updated_at: now })
    .execute()
  await setPicture(ctx, id, fields)
  return loadAgentBot(ctx, id)
}

/** What is named changes; the configuration is replaced as a whole. In another account it has nothing of the one before. */
export async function updateAgentBot(
  ctx: Context,
  bot: AgentBotRecord,
  fields: AgentBotFields,
): Promise<AgentBotRecord> {
  checkAgentBot(fields)
  const next = { ...bot, ...fields }
  await ctx.db
    .updateTable('agent_bots')
    .set({
      name: next.name,
      description: next.description,
      outgoing_url: next.outgoing_url,
      account_id: next.account_id,
      bot_config: JSON.stringify(next.bot_config ?? {}),
      updated_at: ctx.app.now(),
    })
    .where('id', '=', bot.id)
    .execute()
  if (next.account_id !== null && next.account_id !== bot.account_id) await leaveAccounts(ctx, bot, next.account_id)
  await setPicture(ctx, bot.id, fields)
  return loadAgentBot(ctx, bot.id)
}

/** With it go its tokens, its places in inboxes and the conversations it had in hand; what it wrote stays. */
export async function destroyAgentBot(ctx: Context, bot: { id: number }): Promise<void> {
  await ctx.db.deleteFrom('access_tokens').where('owner_type', '=', 'AgentBot').where('owner_id', '=', bot.id).execute()
  await leaveAccounts(ctx, bot)
  await removeAgentBotAvatar(ctx, bot)
  await ctx.db.deleteFrom('agent_bots').where('id', '=', bot.id).execute()
}

/** Its inboxes and the conversations that it has in hand, everywhere or but for one account. */
async function leaveAccounts(ctx: Context, bot: { id: number }, except = NONE): Promise<void> {
  await ctx.db
    .deleteFrom('agent_bot_inboxes')
    .where('agent_bot_id', '=', bot.id)
    .where('account_id', 'is distinct from', except)
    .execute()
  await ctx.db
    .updateTable('conversations')
    .set({ assignee_agent_bot_id: null })
    .where('assignee_agent_bot_id', '=', bot.id)
    .where('account_id', '<>', except)
    .execute()
}

const NONE = 0

/** The token before it is dead at once. */
export async function resetAgentBotToken(ctx: Context, bot: AgentBotRecord): Promise<AgentBotRecord> {
  await ctx.db
    .updateTable('access_tokens')
    .set({ token: base58Token(24), updated_at: ctx.app.now() })
    .where('owner_type', '=', 'AgentBot')
    .where('owner_id', '=', bot.id)
    .execute()
  return loadAgentBot(ctx, bot.id)
}

export async function removeAgentBotAvatar(ctx: Context, bot: { id: number }): Promise<void> {
  await detachFiles(ctx, { recordType: 'AgentBot', recordId: bot.id, name: 'avatar' })
}

function found(bots: AgentBotRecord[]): AgentBotRecord {
  if (!bots[0]) throw new NotFoundError()
  return bots[0]
}

async function setPicture(ctx: Context, id: number, fields: AgentBotFields): Promise<void> {
  const owner = { recordType: 'AgentBot', recordId: id } as const
  if (fields.avatar) await setAvatar(ctx, owner, fields.avatar)
  else fetchAvatarLater(ctx, owner, fields.avatar_url)
}

const MAX_LENGTHS = { name: 255, description: 255, outgoing_url: 2048 } as const

function checkAgentBot(fields: AgentBotFields): void {
  const problems = lengthProblems(fields, MAX_LENGTHS)
  if (problems.length) throw new RecordInvalidError(problems)
}
