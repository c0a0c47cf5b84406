
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

export interface TeamRecord {
  id: number
  name: string
  description: string | null
  allow_auto_assign: boolean | null
  account_id: number
  /** The caller is one of its members. */
  is_member: boolean
}
