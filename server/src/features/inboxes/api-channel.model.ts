import type { AccountContext, Context } from '../../context/context.ts'
import { lengthProblems, RecordInvalidError } from '../../http/errors.ts'
import { base58Token } from '../../lib/tokens.ts'
import type { ApiChannel } from './inbox.query.ts'
import { isPositive, isPresent } from './inbox.rules.ts'

export interface ChannelFields {
  webhook_url?: string | null
  hmac_mandatory?: boolean | null
  additional_attributes?: Record<string, unknown> | null
}

export async function createApiChannel(ctx: AccountContext, fields: ChannelFields): Promise<number> {
  const now = ctx.app.now()
  const { id } = await ctx.db
    .insertInto('channel_api')
    .values({
      account_id: ctx.account.id,
      webhook_url: fields.webhook_url ?? null,
      hmac_mandatory: fields.hmac_mandatory ?? false,
      additional_attributes: JSON.stringify(fields.additional_attributes ?? {}),
      identifier: base58Token(24),
      hmac_token: base58Token(24),
      created_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** What is named changes; attributes, where there are any, are replaced as a whole. */
export async function updateApiChannel(ctx: Context, channel: ApiChannel, fields: ChannelFields): Promise<void> {
  checkChannel(fields)
  const next = {
    ...channel,
    ...fields,
    additional_attributes: fields.additional_attributes ?? channel.additional_attributes,
  }
  await ctx.db
    .updateTable('channel_api')
    .set({
      webhook_url: next.webhook_url,
      hmac_mandatory: next.hmac_mandatory,
      additional_attributes: JSON.stringify(next.additional_attributes ?? {}),
      updated_at: ctx.app.now(),
    })
    .where('id', '=', channel.id)
    .execute()
}

export function checkChannel(fields: ChannelFields): void {
  const problems = lengthProblems(fields, { webhook_url: 2048 })
  const window = fields.additional_attributes?.agent_reply_time_window
  if (isPresent(window) && !isPositive(window)) {
    problems.push(['agent_reply_time_window', 'Agent reply time window agent_reply_time_window must be greater than 0'])
  }
  if (problems.length) throw new RecordInvalidError(problems)
}
