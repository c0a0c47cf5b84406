import { sql, type RawBuilder } from 'kysely'
import { columns, jsonOf, listed, type Refine, type Row } from '../../db/columns.ts'
import type { Context } from '../../context/context.ts'
import { avatarJson } from '../pictures/picture.sql.ts'
import type { AvatarBlob } from '../../vocabulary/caller.ts'

const BOT_COLUMNS = columns(
  'agent_bots',
  'id',
  'name',
  'description',
  'outgoing_url',
  'account_id',
  'bot_type',
  'bot_config',
)
const TOKEN_COLUMNS = columns('access_tokens', 'id', 'token', 'created_at', 'updated_at')

/** A bot with its token and picture. */
export interface AgentBotRecord extends Refine<
  Row<typeof BOT_COLUMNS>,
  { bot_config: Record<string, unknown> | null }
> {
  avatar: AvatarBlob | null
  access_token: AccessTokenRow | null
}

export type AccessTokenRow = Refine<
  Row<typeof TOKEN_COLUMNS>,
  { token: string; created_at: string; updated_at: string }
>

/** Bots over `b`, by id. */
export async function selectBots(ctx: Context, where: RawBuilder<unknown>): Promise<AgentBotRecord[]> {
  const { rows } = await sql<AgentBotRecord>`
    select ${listed(BOT_COLUMNS, 'b')}, ${avatarJson('AgentBot', sql`b.id`)} as avatar,
      (select ${jsonOf(TOKEN_COLUMNS, 't')} from access_tokens t where t.owner_type = 'AgentBot' and t.owner_id = b.id order by t.id limit 1) as access_token
    from agent_bots b where ${where} order by b.id`.execute(ctx.db)
  return rows
}
