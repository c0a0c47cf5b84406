import type { Services } from '../../context/context.ts'
import { unix } from '../../lib/times.ts'
import { presentAgent } from '../agents/agent.presenter.ts'
import { presentContact } from '../contacts/contact.presenter.ts'
import type { ResponseRecord } from './csat-survey-response.query.ts'

export function presentResponse(app: Services, response: ResponseRecord) {
  const { contact, assigned_agent: agent, reviewer } = response
  return {
    id: response.id,
    rating: response.rating,
    feedback_message: response.feedback_message,
    csat_review_notes: response.csat_review_notes,
    review_notes_updated_at: response.review_notes_updated_at && unix(response.review_notes_updated_at),
    ...(reviewer && { review_notes_updated_by: reviewer }),
    account_id: response.account_id,
    message_id: response.message_id,
    ...(contact && { contact: presentContact(app, contact) }),
    conversation_id: response.display_id,
    ...(agent && { assigned_agent: presentAgent(app, agent, response.account_id) }),
    created_at: unix(response.created_at),
  }
}
