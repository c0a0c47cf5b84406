import type { Services } from '../../context/context.ts'
import { iso, unix } from '../../lib/times.ts'
import { presentAgent } from '../agents/agent.presenter.ts'
import type { AgentPicture } from '../pictures/picture.types.ts'
import type { presentPortal } from '../portals/portal.presenter.ts'
import { STATUSES, type ArticleRecord, type AssociatedArticle } from './article.query.ts'

const NO_CATEGORY = { id: null, name: null, slug: null, locale: null }
const statusOf = ({ status }: { status: number | null }) => STATUSES[status ?? 0] ?? 'draft'

/** `portal` is as it is shown: once for all that stand beside articles. */
export function presentArticle(app: Services, portal: ReturnType<typeof presentPortal>, article: ArticleRecord) {
  const agent = (author: AgentPicture) => presentAgent(app, author, article.account_id)
  return {
    id: article.id,
    slug: article.slug,
    title: article.title,
    content: article.content,
    description: article.description,
    status: statusOf(article),
    position: article.position,
    account_id: article.account_id,
    updated_at: unix(article.updated_at),
    meta: article.meta ?? {},
    category: article.category ?? NO_CATEGORY,
    views: article.views,
    ...(article.author && { author: agent(article.author) }),
    ...(article.associated && {
      associated_articles: article.associated.map((other) => ({
        ...presentAssociated(other),
        portal,
        ...(other.author && { author: agent(other.author) }),
      })),
    }),
  }
}

function presentAssociated(article: AssociatedArticle) {
  const { id, category_id, title, content, description, account_id, views } = article
  return { id, category_id, title, content, description, status: statusOf(article), account_id, views }
}

/** As visitors of a help center see one; `portal` is as they see it too. */
export function presentPublicArticle<Portal extends { slug: string }>(
  app: Services,
  portal: Portal,
  article: ArticleRecord,
) {
  const { position, slug, category } = article
  return {
    ...presentAssociated({ ...article, updated_at: '' }),
    position,
    last_updated_at: iso(article.updated_at),
    slug,
    portal,
    ...(category && { category: { id: category.id, slug: category.slug, locale: category.locale } }),
    ...(article.author && { author: presentAuthor(app, article.author) }),
    ...(article.associated && {
      associated_articles: article.associated.map((other) => ({
        ...presentAssociated(other),
        last_updated_at: iso(other.updated_at),
        ...(other.author && { author: presentAuthor(app, other.author) }),
      })),
    }),
    link: `hc/${portal.slug}/articles/${slug}`,
  }
}

function presentAuthor(app: Services, author: AgentPicture) {
  return {
    available_name: author.display_name || author.name,
    name: author.name,
    thumbnail: app.files.avatarUrl(author.avatar),
  }
}
