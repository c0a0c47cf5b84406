import type { Services } from '../../context/context.ts'
import { unix } from '../../lib/times.ts'
import { presentAgent } from '../agents/agent.presenter.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'

export interface NoteRecord {
  id: number
  account_id: number
  content: string
  created_at: Date
  updated_at: Date
  /** Who wrote it last; null when they are gone. */
  user: AgentPicture | null
}

export function presentNote(app: Services, note: NoteRecord) {
  return {
    id: note.id,
    content: note.content,
    // @NOTE Chatwoot's view asks for fields that it does not pass on (app/views/api/v1/models/_note.json.jbuilder).
    account_id: null,
    contact_id: null,
    ...(note.user && { user: presentAgent(app, note.user, note.account_id) }),
    created_at: unix(note.created_at),
    updated_at: unix(note.updated_at),
  }
}
