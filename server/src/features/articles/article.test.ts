import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const t = startTestApp()

async function desk() {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const slug = t.unique('help')
  const base = `/api/v1/accounts/${account.id}`
  await admin.post(`${base}/portals`, { name: 'Help', slug, config: { allowed_locales: ['en', 'es'] } })
  const at = `${base}/portals/${slug}/articles`
  const write = (fields: object = {}) =>
    admin.post(at, { title: 'Title', content: 'Text', author_id: account.agent.id, ...fields })
  const made = async (fields?: object) => (await write(fields)).body.payload
  return { account, admin, base, slug, at, write, made }
}

it('a slug is made of the time and the title, and no other article of the server has it', async () => {
  const { made, write } = await desk()
  const titles = {
    'Second Step & more': 'second-step-more',
    NoCat: 'no_cat',
    'HTMLParser 2Go': 'html_parser-2_go',
    'Über Café': 'uber-cafe',
    Привет: '',
  }
  for (const [title, rest] of Object.entries(titles))
    expect([title, (await made({ title })).slug.replace(/^\d{10}-/, '')]).toEqual([title, rest])
  const twins = await Promise.all([made({ title: 'Twin' }), made({ title: 'Twin' })])
  expect(new Set(twins.map(({ slug }) => slug)).size).toBe(2)
  const slug = t.unique('own')
  expect((await made({ slug })).slug).toBe(slug)
  const elsewhere = await desk()
  expect((await elsewhere.write({ slug })).body.attributes).toEqual(['slug'])
  expect((await write({ slug: 'a.b' })).body.attributes).toEqual(['slug'])
})

it('the author is a member of the account', async () => {
  const { write } = await desk()
  const { account: other } = await desk()
  for (const author of [other.agent.id, 999_999_999])
    expect((await write({ author_id: author })).body).toEqual({ message: 'Author must exist', attributes: ['author'] })
})

it('the language is that of the category, or one of the portal', async () => {
  const { admin, at, made, write } = await desk()
  const categories = at.replace(/articles$/, 'categories')
  const spanish = (await admin.post(categories, { name: 'A', slug: 'a', locale: 'es' })).body.payload
  const localeOf = async ({ id }: { id: number }) =>
    (await t.database.pool.query('select locale from articles where id = $1', [id])).rows[0].locale as string
  expect(await localeOf(await made())).toBe('en')
  expect(await localeOf(await made({ locale: 'es' }))).toBe('es')
  const article = await made({ category_id: spanish.id, locale: 'en' })
  expect(await localeOf(article)).toBe('es')
  await admin.patch(`${at}/${article.id}`, { title: 'New' })
  expect(await localeOf(article)).toBe('es')
  expect((await write({ locale: 'fr' })).body.attributes).toEqual(['locale'])
  expect((await write({ category_id: 999_999_999 })).body.attributes).toEqual(['category'])
  expect((await admin.patch(`${at}/${article.id}`, { category_id: 999_999_999 })).status).toBe(422)
})

it('articles hang on one another no deeper than once', async () => {
  const { admin, at, made } = await desk()
  const [root, other] = [await made(), await made()]
  const leaf = await made({ associated_article_id: other.id })
  expect((await admin.patch(`${at}/${root.id}`, { associated_article_id: root.id })).status).toBe(422)
  await admin.patch(`${at}/${other.id}`, { associated_article_id: root.id })
  const { body } = await admin.get(`${at}/${root.id}`)
  expect(body.payload.associated_articles.map(({ id }: { id: number }) => id)).toEqual([other.id, leaf.id])
  await admin.delete(`${at}/${root.id}`)
  expect((await admin.get(`${at}/${leaf.id}`)).body.payload.associated_articles).toBeUndefined()
})

it('all articles are put in order, or none', async () => {
  const { admin, at, made } = await desk()
  const elsewhere = await desk()
  const [one, two, foreign] = [await made(), await made(), await elsewhere.made()]
  const order = async (positions_hash: unknown) => (await admin.post(`${at}/reorder`, { positions_hash })).status
  const positions = async () =>
    (
      await t.database.pool.query('select position from articles where id = any($1) order by id', [
        [one.id, two.id, foreign.id],
      ])
    ).rows.map((row) => row.position as number)
  expect(await positions()).toEqual([10, 20, 10])
  expect(await order({ [one.id]: 5, [foreign.id]: 1 })).toBe(404)
  for (const bad of [{ [one.id]: 'x' }, { [one.id]: 1.5 }, { [one.id]: 3e9 }, {}, null, 'x'])
    expect(await order(bad)).toBe(422)
  expect(await positions()).toEqual([10, 20, 10])
  expect(await order({ [one.id]: '40', [two.id]: 3 })).toBe(200)
  expect(await positions()).toEqual([40, 3, 10])
  // There is nothing behind the last.
  expect(await order({ [one.id]: 2_147_483_647 })).toBe(200)
  expect((await made()).position).toBe(2_147_483_647)
})

it('equal articles are each listed once, page by page', async () => {
  const { account, admin, at, base, slug } = await desk()
  const portal = (await admin.get(`${base}/portals/${slug}`)).body.id
  await t.database.pool.query(
    `insert into articles (account_id, portal_id, title, slug, content, status, locale, created_at, updated_at)
     select $1, $2, 'Same', $3::text || n, 'same', 1, 'en', '2026-01-01', '2026-01-01' from generate_series(1, 60) n`,
    [account.id, portal, t.unique('same')],
  )
  const ids = await Promise.all(
    [1, 2, 3].map(async (page) =>
      (await admin.get(`${at}?page=${page}`)).body.payload.map(({ id }: { id: number }) => id),
    ),
  )
  expect(ids.map((page) => page.length)).toEqual([25, 25, 10])
  expect(new Set(ids.flat()).size).toBe(60)
})

it('nothing in a search says more than its words', async () => {
  const { admin, at, made } = await desk()
  await made({ title: "Returns & refunds: it's free" })
  for (const [query, count] of Object.entries({
    "it's FREE": 1,
    'ref:* | zebra': 0,
    "' or 1=1": 0,
    'retu ref': 1,
    '\\': 0,
  }))
    expect([query, (await admin.get(`${at}?query=${encodeURIComponent(query)}`)).body.payload.length]).toEqual([
      query,
      count,
    ])
})
