import type { TeamRecord } from './team.model.ts'

export function presentTeam(team: TeamRecord) {
  return {
    id: team.id,
    name: team.name,
    description: team.description,
    allow_auto_assign: team.allow_auto_assign,
    account_id: team.account_id,
    is_member: team.is_member,
  }
}
