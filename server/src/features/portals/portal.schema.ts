import Type from 'typebox'
import { Nullable } from '../../http/operation.ts'
import { Inbox } from '../inboxes/inbox.schema.ts'

const closed = { additionalProperties: false } as const
const Id = Type.Integer()
const Count = Type.Integer()
const MaybeCount = Nullable(Count)
const MaybeText = Nullable(Type.String())

export const Logo = Type.Object(
  {
    id: Id,
    portal_id: Id,
    file_type: MaybeText,
    account_id: Id,
    file_url: Type.String(),
    blob_id: Type.String(),
    filename: Type.String(),
  },
  { title: 'Logo', ...closed },
)

export const Portal = Type.Object(
  {
    id: Id,
    color: MaybeText,
    custom_domain: MaybeText,
    header_text: MaybeText,
    homepage_link: MaybeText,
    name: Type.String(),
    page_title: MaybeText,
    slug: Type.String(),
    archived: Type.Boolean(),
    account_id: Id,
    config: Type.Object(
      {
        allowed_locales: Type.Array(
          Type.Object({ code: Type.String(), articles_count: Count, categories_count: Count }, closed),
        ),
      },
      closed,
    ),
    inbox: Type.Optional(Inbox),
    logo: Type.Optional(Logo),
    meta: Type.Object(
      {
        all_articles_count: Count,
        archived_articles_count: MaybeCount,
        published_count: MaybeCount,
        draft_articles_count: MaybeCount,
        mine_articles_count: Type.Optional(Count),
        categories_count: Count,
        default_locale: Type.String(),
      },
      { description: 'Articles are counted where the portal is shown by itself', ...closed },
    ),
  },
  { title: 'Portal', ...closed },
)

/** As it was sent; 1 where none was. */
export const CurrentPage = Type.Union([Type.Integer(), Type.String()], {
  description: 'As it was sent; 1 where none was',
})

export const PortalBody = Type.Partial(
  Type.Object({
    name: MaybeText,
    slug: Nullable(Type.String({ description: 'Its name in addresses; no other portal of the server has it' })),
    color: MaybeText,
    custom_domain: Nullable(Type.String({ description: 'A host name of yours; no other portal of the server has it' })),
    header_text: MaybeText,
    homepage_link: Nullable(Type.String({ description: 'An address of the web' })),
    page_title: MaybeText,
    archived: Nullable(Type.Boolean({ description: 'Put away: it is not public then' })),
    config: Nullable(
      Type.Partial(
        Type.Object({
          default_locale: MaybeText,
          allowed_locales: Nullable(Type.Array(Type.String({ maxLength: 20 }))),
        }),
      ),
    ),
    inbox_id: Nullable(Type.String({ description: 'The inbox of a website, whose widget it shows; blank for none' })),
    blob_id: Nullable(Type.String({ description: 'Of an upload: the logo' })),
  }),
)
