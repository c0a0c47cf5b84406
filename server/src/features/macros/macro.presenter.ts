import type { Services } from '../../context/context.ts'
import { columns, type Refine, type Row } from '../../db/columns.ts'
import { presentAgent } from '../agents/agent.presenter.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'

export const MACRO_COLUMNS = columns('macros', 'id', 'account_id', 'name', 'visibility', 'created_by_id', 'actions')

export const VISIBILITIES = ['personal', 'global'] as const
export const PERSONAL = VISIBILITIES.indexOf('personal')
export const GLOBAL = VISIBILITIES.indexOf('global')

export interface Action {
  action_name: string
  action_params: (string | number | boolean)[]
}

export interface MacroRecord extends Refine<Row<typeof MACRO_COLUMNS>, { actions: Action[] }> {
  created_by: AgentPicture | null
  updated_by: AgentPicture | null
  files: { id: number; blob: { id: number; filename: string; content_type: string | null } }[] | null
}

export function presentMacro(app: Services, macro: MacroRecord) {
  const { id, account_id, created_by, updated_by, files } = macro
  return {
    id,
    name: macro.name,
    visibility: macro.visibility === null ? null : (VISIBILITIES[macro.visibility] ?? null),
    ...(created_by && { created_by: presentAgent(app, created_by, account_id) }),
    ...(updated_by && { updated_by: presentAgent(app, updated_by, account_id) }),
    account_id,
    actions: macro.actions,
    ...(files && {
      files: files.map(({ id: fileId, blob }) => ({
        id: fileId,
        macro_id: id,
        file_type: blob.content_type,
        account_id,
        file_url: app.files.blobUrl(blob),
        blob_id: blob.id,
        filename: blob.filename,
      })),
    }),
  }
}
