import Type from 'typebox'
import { Bag, Choice, Iso, Nullable, Unix } from '../../http/operation.ts'
import { Logo, Portal } from '../portals/portal.schema.ts'
import { PublicCategory } from '../categories/category.schema.ts'
import { Agent } from '../schemas.ts'
import { STATUSES } from './article.query.ts'

const closed = { additionalProperties: false } as const
const MaybeText = Nullable(Type.String())
const MaybeNumber = Nullable(Type.Integer())
const Id = Type.Integer()
const Status = Choice(STATUSES)

const shown = {
  id: Id,
  category_id: Nullable(Id),
  title: MaybeText,
  content: MaybeText,
  description: MaybeText,
  status: Status,
  account_id: Id,
  views: MaybeNumber,
}

const AssociatedArticle = Type.Object(
  { ...shown, portal: Portal, author: Type.Optional(Agent) },
  { title: 'AssociatedArticle', description: 'The same in another language', ...closed },
)

export const Article = Type.Object(
  {
    id: Id,
    slug: Type.String(),
    title: MaybeText,
    content: MaybeText,
    description: MaybeText,
    status: Status,
    position: MaybeNumber,
    account_id: Id,
    updated_at: Unix,
    meta: Bag,
    category: Type.Object(
      { id: Nullable(Id), name: MaybeText, slug: MaybeText, locale: MaybeText },
      { description: 'Of nulls where it is in none', ...closed },
    ),
    views: MaybeNumber,
    author: Type.Optional(Agent),
    associated_articles: Type.Optional(Type.Array(AssociatedArticle)),
  },
  { title: 'Article', ...closed },
)

const Author = Type.Object(
  { available_name: Type.String(), name: Type.String(), thumbnail: Type.String() },
  { title: 'Author', ...closed },
)

export const PublicPortal = Type.Object(
  {
    custom_domain: MaybeText,
    header_text: MaybeText,
    homepage_link: MaybeText,
    name: Type.String(),
    page_title: MaybeText,
    slug: Type.String(),
    logo: Type.Optional(Logo),
    categories: Type.Optional(Type.Array(PublicCategory)),
    meta: Type.Object(
      { articles_count: Type.Integer(), categories_count: Type.Integer(), default_locale: Type.String() },
      closed,
    ),
  },
  { title: 'PublicPortal', ...closed },
)

export const PublicArticle = Type.Object(
  {
    ...shown,
    position: MaybeNumber,
    last_updated_at: Iso,
    slug: Type.String(),
    portal: PublicPortal,
    category: Type.Optional(Type.Object({ id: Id, slug: Type.String(), locale: MaybeText }, closed)),
    author: Type.Optional(Author),
    associated_articles: Type.Optional(
      Type.Array(
        Type.Object(
          { ...shown, last_updated_at: Iso, author: Type.Optional(Author) },
          { title: 'PublicAssociatedArticle', ...closed },
        ),
      ),
    ),
    link: Type.String(),
  },
  { title: 'PublicArticle', ...closed },
)

export const ArticleBody = Type.Partial(
  Type.Object({
    title: MaybeText,
    slug: Nullable(Type.String({ description: 'Its name in addresses; no other article of the server has it' })),
    content: Nullable(Type.String({ description: 'Markdown' })),
    description: MaybeText,
    position: Nullable(Type.Integer({ description: 'By default behind the others of its category' })),
    category_id: MaybeNumber,
    author_id: MaybeNumber,
    associated_article_id: Nullable(Type.Integer({ description: 'The same in another language' })),
    status: Nullable(Status),
    locale: Nullable(Type.String({ description: 'By default that of its category, or else of the portal' })),
    meta: Nullable(Bag),
  }),
)
