import type { Services } from '../../context/context.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'
import { availabilityStatus } from '../users/user.presenter.ts'

export const ROLES = ['agent', 'administrator'] as const

/** A person as a member of an account. */
export function presentAgent(app: Services, agent: AgentPicture, accountId: number) {
  const custom = agent.custom_attributes
  return {
    id: agent.id,
    account_id: accountId,
    availability_status: availabilityStatus(app, agent, accountId),
    auto_offline: agent.auto_offline ?? null,
    confirmed: agent.confirmed_at !== null,
    email: agent.email,
    provider: agent.provider,
    available_name: agent.display_name || agent.name,
    ...(custom && Object.keys(custom).length > 0 && { custom_attributes: custom }),
    name: agent.name,
    role: agent.role === null ? null : (ROLES[agent.role] ?? 'agent'),
    thumbnail: app.files.avatarUrl(agent.avatar),
    custom_role_id: agent.custom_role_id,
  }
}
