import { sql, type RawBuilder } from 'kysely'
import type { AccountContext } from '../../context/context.ts'
import { columns, listed, type Refine, type Row } from '../../db/columns.ts'
import type { Lock } from '../../db/lock.ts'
import { runPrepared } from '../../db/prepared.ts'
import { selectInboxes, type InboxRecord } from '../inboxes/inbox.query.ts'
import { userJson } from '../pictures/picture.sql.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'

const COLUMNS = columns(
  'campaigns',
  'id',
  'display_id',
  'account_id',
  'inbox_id',
  'sender_id',
  'title',
  'description',
  'message',
  'template_params',
  'campaign_status',
  'campaign_type',
  'enabled',
  'scheduled_at',
  'audience',
  'trigger_rules',
  'trigger_only_during_business_hours',
  'created_at',
  'updated_at',
)

type Bag = Record<string, unknown>

/** Those who carry a label of the account. */
export interface Audience {
  type: string
  id: number
}

interface CampaignRow extends Refine<
  Row<typeof COLUMNS>,
  { template_params: Bag | null; trigger_rules: Bag | null; audience: Audience[] | null }
> {
  sender: AgentPicture | null
}

export interface CampaignRecord extends CampaignRow {
  inbox: InboxRecord
}

/** Campaigns of the account, as `where` chooses them over `c`, with their inboxes: two statements. */
export async function selectCampaigns(
  ctx: AccountContext,
  where: RawBuilder<unknown>,
  { lock = false }: Lock = {},
): Promise<CampaignRecord[]> {
  const rows = await runPrepared(
    ctx.db,
    sql<CampaignRow>`
    select ${listed(COLUMNS, 'c')}, ${userJson(sql`c.sender_id`, sql`c.account_id`)} as sender
    from campaigns c where c.account_id = ${ctx.account.id} and ${where} order by c.id ${lock ? sql`for update of c` : sql``}`,
  )
  const ids = [...new Set(rows.map((row) => row.inbox_id))]
  const inboxes = await selectInboxes(ctx, sql`i.account_id = ${ctx.account.id} and i.id = any(${ids}::bigint[])`)
  const byId = new Map(inboxes.map((inbox) => [inbox.id, inbox]))
  return rows.flatMap((row) => {
    const inbox = byId.get(row.inbox_id)
    return inbox ? [{ ...row, inbox }] : []
  })
}
