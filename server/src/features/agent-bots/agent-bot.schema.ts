import Type from 'typebox'
import { Bag, File, Iso, Nullable } from '../../http/operation.ts'

const MaybeText = Nullable(Type.String())

const common = {
  id: Type.Integer(),
  name: MaybeText,
  description: MaybeText,
  thumbnail: Type.String(),
  outgoing_url: Type.Optional(Nullable(Type.String({ description: 'Not shown of a bot of the whole installation' }))),
  bot_type: Type.Literal('webhook'),
  bot_config: Bag,
  account_id: Nullable(Type.Integer()),
  system_bot: Type.Boolean(),
  secret: Type.Optional(
    Type.String({ description: 'With which deliveries to the bot are signed; for administrators' }),
  ),
}

export const AgentBot = Type.Object(
  { ...common, access_token: Type.Optional(Type.String({ description: 'For administrators' })) },
  { title: 'AgentBot', additionalProperties: false },
)

const AccessToken = Type.Object(
  {
    id: Type.Integer(),
    owner_type: Type.Literal('AgentBot'),
    owner_id: Type.Integer(),
    token: Type.String(),
    created_at: Iso,
    updated_at: Iso,
  },
  { title: 'AccessToken', additionalProperties: false },
)

export const AgentBotOfInbox = Type.Object(
  { ...common, access_token: Type.Optional({ ...AccessToken, description: 'For administrators' }) },
  { title: 'AgentBotOfInbox', additionalProperties: false },
)

export const AgentBotBody = Type.Partial(
  Type.Object({
    name: MaybeText,
    description: MaybeText,
    outgoing_url: Nullable(Type.String({ description: 'Where events go' })),
    avatar: File,
    avatar_url: Nullable(Type.String({ description: 'Of a picture, which is fetched after the answer' })),
    bot_type: Nullable(Type.Unsafe<'webhook'>({ type: 'string', enum: ['webhook'] })),
    bot_config: Nullable(Bag),
  }),
)
