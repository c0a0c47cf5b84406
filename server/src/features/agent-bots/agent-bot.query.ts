import { sql, type RawBuilder } from 'kysely'
import type { Context } from '../../context/context.ts'
import { avatarJson } from '../pictures/picture.sql.ts'
import type { AvatarBlob } from '../../vocabulary/caller.ts'

/** A bot with its token and picture. */
export interface AgentBotRecord {
  id: number
  name: string | null
  description: string | null
  outgoing_url: string | null
  account_id: number | null
  bot_type: number | null
  bot_config: Record<string, unknown> | null
  avatar: AvatarBlob | null
  access_token: AccessTokenRow | null
}

export interface AccessTokenRow {
  id: number
  token: string
  created_at: string
  updated_at: string
}

/** Bots over `b`, by id. */
export async function selectBots(ctx: Context, where: RawBuilder<unknown>): Promise<AgentBotRecord[]> {
  const { rows } = await sql<AgentBotRecord>`
    select b.id, b.name, b.description, b.outgoing_url, b.account_id, b.bot_type, b.bot_config,
      ${avatarJson('AgentBot', sql`b.id`)} as avatar,
      (select json_build_object('id', t.id, 'token', t.token, 'created_at', t.created_at, 'updated_at', t.updated_at)
        from access_tokens t where t.owner_type = 'AgentBot' and t.owner_id = b.id order by t.id limit 1) as access_token
    from agent_bots b where ${where} order by b.id`.execute(ctx.db)
  return rows
}
