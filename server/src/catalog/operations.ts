import { accountOperations } from '../features/accounts/account.routes.ts'
import { bulkActionOperations } from '../features/actions/bulk-action.routes.ts'
import { agentBotOperations } from '../features/agent-bots/agent-bot.routes.ts'
import { agentOperations } from '../features/agents/agent.routes.ts'
import { articleOperations } from '../features/articles/article.routes.ts'
import { authOperations } from '../features/auth/auth.routes.ts'
import { campaignOperations } from '../features/campaigns/campaign.routes.ts'
import { cannedResponseOperations } from '../features/canned-responses/canned-response.routes.ts'
import { categoryOperations } from '../features/categories/category.routes.ts'
import { clientContactOperations } from '../features/contacts/client-contact.routes.ts'
import { contactOperations } from '../features/contacts/contact.routes.ts'
import { clientConversationOperations } from '../features/conversations/client-conversation.routes.ts'
import { conversationOperations } from '../features/conversations/conversation.routes.ts'
import { draftOperations } from '../features/conversations/draft.routes.ts'
import { csatSurveyResponseOperations } from '../features/csat/csat-survey-response.routes.ts'
import { csatOperations } from '../features/csat/csat.routes.ts'
import { customAttributeDefinitionOperations } from '../features/custom-attributes/custom-attribute-definition.routes.ts'
import { customFilterOperations } from '../features/custom-filters/custom-filter.routes.ts'
import { dashboardAppOperations } from '../features/dashboard-apps/dashboard-app.routes.ts'
import { healthOperations } from '../features/health/health.routes.ts'
import { inboxOperations } from '../features/inboxes/inbox.routes.ts'
import { labelOperations } from '../features/labels/label.routes.ts'
import { macroOperations } from '../features/macros/macro.routes.ts'
import { clientMessageOperations } from '../features/messages/client-message.routes.ts'
import { messageOperations } from '../features/messages/message.routes.ts'
import { noteOperations } from '../features/notes/note.routes.ts'
import { notificationOperations } from '../features/notifications/notification.routes.ts'
import { participantOperations } from '../features/participants/participant.routes.ts'
import { platformOperations } from '../features/platform/platform.routes.ts'
import { portalOperations } from '../features/portals/portal.routes.ts'
import { publicPortalOperations } from '../features/portals/public-portal.routes.ts'
import { profileOperations } from '../features/profile/profile.routes.ts'
import { searchOperations } from '../features/search/search.routes.ts'
import { teamOperations } from '../features/teams/team.routes.ts'
import { uploadOperations } from '../features/uploads/upload.routes.ts'
import { webhookOperations } from '../features/webhooks/webhook.routes.ts'
import type { Operation } from '../http/operation.ts'

/** Every operation of the server: what stands here has a route, stands in the reference and is in the table tests. */
export const operations: Operation[] = [
  ...healthOperations,
  ...authOperations,
  ...profileOperations,
  ...accountOperations,
  ...agentOperations,
  ...inboxOperations,
  ...contactOperations,
  ...noteOperations,
  ...conversationOperations,
  ...bulkActionOperations,
  ...draftOperations,
  ...messageOperations,
  ...participantOperations,
  ...labelOperations,
  ...cannedResponseOperations,
  ...teamOperations,
  ...customAttributeDefinitionOperations,
  ...customFilterOperations,
  ...agentBotOperations,
  ...webhookOperations,
  ...dashboardAppOperations,
  ...searchOperations,
  ...campaignOperations,
  ...macroOperations,
  ...csatSurveyResponseOperations,
  ...notificationOperations,
  ...uploadOperations,
  ...portalOperations,
  ...categoryOperations,
  ...articleOperations,
  ...clientContactOperations,
  ...clientConversationOperations,
  ...clientMessageOperations,
  ...publicPortalOperations,
  ...csatOperations,
  ...platformOperations,
]
