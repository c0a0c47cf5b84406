import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const t = startTestApp()

async function desk() {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const slug = t.unique('help')
  await admin.post(`${base}/portals`, { name: 'Help', slug, config: { allowed_locales: ['en', 'es'] } })
  const at = `${base}/portals/${slug}/categories`
  const make = async (fields: object) => (await admin.post(at, fields)).body.payload
  return { account, admin, base, slug, at, make }
}

it('relatives are of the same portal, fifty at most, and replaced as a whole', async () => {
  const { admin, at, make, base } = await desk()
  const elsewhere = await desk()
  const [first, second] = [await make({ name: 'A', slug: 'a' }), await make({ name: 'B', slug: 'b' })]
  const foreign = await elsewhere.make({ name: 'C', slug: 'c' })
  const one = `${at}/${first.id}`
  const related = async (ids: number[]) => {
    const { status, body } = await admin.patch(one, { related_category_ids: ids })
    return status === 200 ? (body.payload.related_categories ?? []).map(({ id }: { id: number }) => id) : status
  }
  expect(await related([second.id, first.id])).toEqual([second.id, first.id])
  expect(await related([foreign.id])).toBe(404)
  expect(await related(Array.from({ length: 51 }, (_, i) => i + 1))).toBe(422)
  expect(await related([second.id])).toEqual([second.id])
  for (const field of ['parent_category_id', 'associated_category_id'])
    for (const id of [foreign.id, first.id, 999_999_999])
      expect((await admin.patch(one, { [field]: id })).body.attributes).toEqual([field])
  expect(await related([])).toEqual([])
  // Of another portal of the same account as well.
  const slug = t.unique('second')
  await admin.post(`${base}/portals`, { name: 'Second', slug })
  expect((await admin.get(`${base}/portals/${slug}/categories/${first.id}`)).status).toBe(404)
})

it('lists show descriptions whole as long as there is room, the category itself in any case', async () => {
  const { account, admin, at, make, slug, base } = await desk()
  const long = 'x'.repeat(20_000)
  const { id } = await make({ name: 'First', slug: 'first', description: long, position: 0 })
  const portal = (await admin.get(`${base}/portals/${slug}`)).body.id
  await t.database.pool.query(
    `insert into categories (account_id, portal_id, name, slug, description, position, locale, created_at, updated_at)
     select $1, $2, 'Same', 'same-' || n, $3, n, 'en', now(), now() from generate_series(1, 60) n`,
    [account.id, portal, long],
  )
  for (const answer of [await admin.get(at), await t.anyone.get(`/hc/${slug}/en/categories.json`)]) {
    const lengths = answer.body.payload.map((one: any) => one.description.length)
    expect([lengths.length, lengths[0], lengths[51], lengths[52], lengths[60]]).toEqual([61, 20_000, 20_000, 100, 100])
  }
  expect((await admin.get(`${at}/${id}`)).body.payload.description).toBe(long)
  expect((await t.anyone.get(`/hc/${slug}/en/categories/same-60.json`)).body.description).toBe(long)
})

it('a category that is taken away leaves its articles and its relatives behind', async () => {
  const { account, admin, at, make } = await desk()
  const gone = await make({ name: 'A', slug: 'a' })
  const stays = await make({ name: 'B', slug: 'b', parent_category_id: gone.id, related_category_ids: [gone.id] })
  const articles = at.replace(/categories$/, 'articles')
  const written = { title: 'A', content: 'a', author_id: account.agent.id, category_id: gone.id }
  const article = (await admin.post(articles, written)).body.payload
  expect((await admin.delete(`${at}/${gone.id}`)).status).toBe(200)
  const { body } = await admin.get(`${at}/${stays.id}`)
  expect([body.payload.parent_category, body.payload.related_categories]).toEqual([undefined, undefined])
  expect((await admin.get(`${articles}/${article.id}`)).body.payload.category.id).toBeNull()
})
