import type { CategoryRecord, Relative } from './category.query.ts'

/** What it has no relatives of, it has no key for. */
export function presentCategory({ related, parent, root, ...category }: CategoryRecord) {
  return {
    ...presentRelative(category),
    icon: category.icon,
    ...(related && { related_categories: related.map(presentRelative) }),
    ...(parent && { parent_category: presentRelative(parent) }),
    ...(root && { root_category: presentRelative(root) }),
    meta: { articles_count: category.articles_count },
  }
}

function presentRelative({ id, account_id, ...category }: Relative) {
  const { name, slug, locale, description, position } = category
  return { id, name, slug, locale, description, position, account_id }
}

/** As visitors of a help center see one. */
export function presentPublicCategory(category: CategoryRecord) {
  return {
    ...presentPublicRelative(category),
    ...(category.related && { related_categories: category.related.map(presentPublicRelative) }),
    meta: { articles_count: category.published_count },
  }
}

function presentPublicRelative({ name, slug, locale, description, position }: Relative) {
  return { name, slug, locale, description, position }
}
