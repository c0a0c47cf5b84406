import Type from 'typebox'
import { Bag, Iso, Nullable } from '../../http/operation.ts'
import { Availability, Role } from '../schemas.ts'

const Text = Type.String()
const MaybeText = Nullable(Type.String())
const Id = Type.Integer()

const basics = {
  access_token: Text,
  account_id: Nullable(Id),
  available_name: Text,
  avatar_url: Text,
  confirmed: Type.Boolean(),
  display_name: MaybeText,
  message_signature: MaybeText,
  email: Text,
  id: Id,
  name: Text,
  provider: Text,
  pubsub_token: MaybeText,
  custom_attributes: Type.Optional(Bag),
  role: Nullable(Role),
  ui_settings: Bag,
  uid: Text,
}

export const profileFields = {
  ...basics,
  inviter_id: Nullable(Id),
  type: MaybeText,
  accounts: Type.Array(
    Type.Object(
      {
        id: Id,
        name: Text,
        status: Text,
        active_at: Nullable(Iso),
        role: Role,
        permissions: Type.Array(Text),
        availability: Availability,
        availability_status: Nullable(Availability),
        auto_offline: Type.Boolean(),
        custom_role_id: Nullable(Id),
        custom_role: Type.Null(),
      },
      { additionalProperties: false },
    ),
  ),
}

export const Profile = Type.Object(profileFields, { title: 'Profile', additionalProperties: false })

export const PlatformUser = Type.Object(
  {
    ...basics,
    accounts: Type.Array(
      Type.Object({ id: Id, name: Text, active_at: Nullable(Iso), role: Role }, { additionalProperties: false }),
    ),
  },
  { title: 'PlatformUser', additionalProperties: false },
)
