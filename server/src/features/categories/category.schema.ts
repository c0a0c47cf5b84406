import Type from 'typebox'
import { Nullable } from '../../http/operation.ts'

const closed = { additionalProperties: false } as const
const MaybeText = Nullable(Type.String())
const MaybeNumber = Nullable(Type.Integer())

const seen = {
  name: MaybeText,
  slug: Type.String(),
  locale: MaybeText,
  description: MaybeText,
  position: Nullable(Type.Integer({ description: 'Where it stands in lists: the smallest first, none last' })),
}
const Relative = Type.Object(
  { id: Type.Integer(), ...seen, account_id: Type.Integer() },
  { title: 'CategoryRelative', ...closed },
)
const counts = Type.Object({ articles_count: Type.Integer() }, closed)

export const Category = Type.Object(
  {
    ...Relative.properties,
    icon: MaybeText,
    related_categories: Type.Optional(Type.Array(Relative)),
    parent_category: Type.Optional(Relative),
    root_category: Type.Optional(Relative),
    meta: counts,
  },
  { title: 'Category', ...closed },
)

export const PublicCategory = Type.Object(
  {
    ...seen,
    related_categories: Type.Optional(Type.Array(Type.Object(seen, { title: 'PublicCategoryRelative', ...closed }))),
    meta: counts,
  },
  { title: 'PublicCategory', ...closed },
)

export const CategoryBody = Type.Partial(
  Type.Object({
    name: MaybeText,
    slug: Nullable(
      Type.String({ description: 'Its name in addresses; no other of the portal has it in its language' }),
    ),
    locale: Nullable(Type.String({ description: 'One that the portal allows; by default its own' })),
    position: MaybeNumber,
    description: MaybeText,
    icon: Nullable(Type.String({ description: 'An emoji' })),
    parent_category_id: MaybeNumber,
    associated_category_id: Nullable(Type.Integer({ description: 'The same one in another language' })),
    related_category_ids: Nullable(Type.Array(Type.Integer())),
  }),
)
