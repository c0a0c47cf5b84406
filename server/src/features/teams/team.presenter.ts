import { columns, type Row } from '../../db/columns.ts'
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

export const TEAM_COLUMNS = columns('teams', 'id', 'name', 'description', 'allow_auto_assign', 'account_id')

export interface TeamRecord extends Row<typeof TEAM_COLUMNS> {
  /** The caller is one of its members. */
  is_member: boolean
}
