import Type from 'typebox'
import { Bag, Empty, Iso, Nullable, operation, Unix } from '../../http/operation.ts'
import { accessInbox } from '../inboxes/inbox.model.ts'
import { Inbox } from '../inboxes/inbox.schema.ts'
import { Agent } from '../schemas.ts'
import {
  accessCampaign,
  createCampaign,
  destroyCampaign,
  listCampaigns,
  listCampaignsOf,
  updateCampaign,
} from './campaign.model.ts'
import { presentCampaign } from './campaign.presenter.ts'

const closed = { additionalProperties: false } as const

const Campaign = Type.Object(
  {
    id: Type.Integer({ description: 'Its number in the account' }),
    title: Type.String(),
    description: Nullable(Type.String()),
    account_id: Type.Integer(),
    inbox: Inbox,
    sender: Type.Optional(Agent),
    message: Type.String(),
    template_params: Nullable(Bag),
    campaign_status: Type.Union([Type.Literal('active'), Type.Literal('completed')]),
    enabled: Nullable(Type.Boolean()),
    campaign_type: Type.Union([Type.Literal('ongoing'), Type.Literal('one_off')]),
    scheduled_at: Type.Optional(Unix),
    audience: Type.Optional(Type.Array(Type.Object({ id: Type.Integer(), type: Type.String() }, closed))),
    trigger_rules: Bag,
    trigger_only_during_business_hours: Nullable(Type.Boolean()),
    created_at: Iso,
    updated_at: Iso,
  },
  { title: 'Campaign', ...closed },
)

const CampaignBody = Type.Partial(
  Type.Object({
    title: Nullable(Type.String()),
    description: Nullable(Type.String()),
    message: Nullable(Type.String({ description: 'What is said; Markdown on a website' })),
    enabled: Nullable(Type.Boolean()),
    trigger_only_during_business_hours: Nullable(Type.Boolean()),
    inbox_id: Nullable(Type.Integer({ description: 'A website, or an inbox of SMS or WhatsApp' })),
    sender_id: Nullable(Type.Integer({ description: 'The agent who says it' })),
    scheduled_at: Nullable(Type.String({ description: 'ISO 8601: when it goes out, if it does once' })),
    audience: Nullable(
      Type.Array(
        Type.Partial(
          Type.Object({
            type: Nullable(Type.String({ description: '`Label`' })),
            id: Nullable(Type.Integer({ description: 'Of a label of the account' })),
          }),
        ),
        { description: 'Whom it goes to, if it goes out once: contacts that carry one of these' },
      ),
    ),
    trigger_rules: Nullable(Bag),
    template_params: Nullable(Bag),
  }),
)

const account = '/api/v1/accounts/:account_id' as const
const base = `${account}/campaigns` as const

export const campaignOperations = [
  operation({
    id: 'campaigns.index',
    route: `GET ${base}`,
    summary: 'List the campaigns of the account',
    access: 'administrator',
    reply: Type.Array(Campaign),
    handle: async (ctx) => (await listCampaigns(ctx)).map((campaign) => presentCampaign(ctx, campaign)),
  }),
  operation({
    id: 'inboxes.campaigns',
    route: `GET ${account}/inboxes/:id/campaigns`,
    summary: 'List the campaigns of an inbox',
    access: 'administrator',
    door: (ctx, { id }) => accessInbox(ctx, id),
    reply: Type.Array(Campaign),
    handle: async (ctx, { params }) => {
      const campaigns = await listCampaignsOf(ctx, await accessInbox(ctx, params.id))
      return campaigns.map((campaign) => presentCampaign(ctx, campaign))
    },
  }),
  operation({
    id: 'campaigns.show',
    route: `GET ${base}/:id`,
    summary: 'Show a campaign',
    access: 'administrator',
    reply: Campaign,
    handle: async (ctx, { params }) => presentCampaign(ctx, await accessCampaign(ctx, params.id)),
  }),
  operation({
    id: 'campaigns.create',
    route: `POST ${base}`,
    summary: 'Make a campaign',
    description:
      'What it is follows from its inbox: `ongoing` on a website, whose pages it may choose by `trigger_rules`; `one_off` where there are telephone numbers, to those whom `audience` names, at `scheduled_at` or at once. It is kept as a record: nothing is said by it yet.',
    example: {
      title: 'Welcome',
      message: 'Can we **help** you?',
      inbox_id: 1,
      sender_id: 1,
      trigger_rules: { url: 'https://shop.example.com/*', time_on_page: 10 },
    },
    needs: ['title', 'message', 'inbox_id'],
    access: 'administrator',
    wrapper: 'campaign',
    body: CampaignBody,
    reply: Campaign,
    handle: async (ctx, { body }) => presentCampaign(ctx, await createCampaign(ctx, body)),
  }),
  operation({
    id: 'campaigns.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a campaign that is not completed',
    description: 'Fields that are left out stay as they are; `audience` and `trigger_rules` are replaced as a whole.',
    example: { enabled: false },
    errors: { 422: { message: 'Status The campaign is already completed', attributes: ['status'] } },
    access: 'administrator',
    wrapper: 'campaign',
    body: CampaignBody,
    reply: Campaign,
    handle: async (ctx, { params, body }) =>
      presentCampaign(ctx, await updateCampaign(ctx, await accessCampaign(ctx, params.id, { lock: true }), body)),
  }),
  operation({
    id: 'campaigns.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Remove a campaign',
    description: 'Conversations that came of it stay.',
    access: 'administrator',
    reply: Empty,
    handle: async (ctx, { params }) => destroyCampaign(ctx, await accessCampaign(ctx, params.id, { lock: true })),
  }),
]
