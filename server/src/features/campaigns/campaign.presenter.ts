import type { Context } from '../../context/context.ts'
import { iso, unix } from '../../lib/times.ts'
import { presentAgent } from '../agents/agent.presenter.ts'
import { presentInbox } from '../inboxes/inbox.presenter.ts'
import type { CampaignRecord } from './campaign.query.ts'

/** What a website asks its visitors goes on; what a telephone number is sent goes out once. */
export const ONGOING = 0
export const ONE_OFF = 1
export const COMPLETED = 1

export function presentCampaign(ctx: Context, campaign: CampaignRecord) {
  const isOneOff = campaign.campaign_type === ONE_OFF
  return {
    id: campaign.display_id,
    title: campaign.title,
    description: campaign.description,
    account_id: campaign.account_id,
    inbox: presentInbox(ctx, campaign.inbox),
    ...(campaign.sender && { sender: presentAgent(ctx.app, campaign.sender, campaign.account_id) }),
    message: campaign.message,
    template_params: campaign.template_params,
    campaign_status: campaign.campaign_status === COMPLETED ? ('completed' as const) : ('active' as const),
    enabled: campaign.enabled,
    campaign_type: isOneOff ? ('one_off' as const) : ('ongoing' as const),
    ...(isOneOff && { scheduled_at: unix(campaign.scheduled_at), audience: campaign.audience ?? [] }),
    trigger_rules: campaign.trigger_rules ?? {},
    trigger_only_during_business_hours: campaign.trigger_only_during_business_hours,
    created_at: iso(campaign.created_at),
    updated_at: iso(campaign.updated_at),
  }
}
