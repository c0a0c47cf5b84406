import { describe, expect, it } from 'vitest'
import { startTestApp, type Client } from '../../../test/support.ts'

const t = startTestApp()

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

async function desk() {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const slug = t.unique('help')
  const make = (fields: object) => admin.post(`${base}/portals`, { portal: { name: 'Help', ...fields } })
  await make({ slug, config: { allowed_locales: ['en', 'es'] } })
  return { account, admin, agent: t.as(account.agent), base, slug, make, at: `${base}/portals/${slug}` }
}

async function upload(client: Client, base: string, content = PNG, filename = 'logo.png') {
  const form = new FormData()
  form.append('attachment', new Blob([content]), filename)
  return (await client.post(`${base}/upload`, form)).body.blob_id as string
}

describe('a portal', () => {
  it('keeps addresses of the web only, and its own domain as a host', async () => {
    const { make, admin, at } = await desk()
    for (const link of ['javascript:alert(1)', ' java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x']) {
      const { status, body } = await make({ slug: t.unique('bad'), homepage_link: link })
      expect([link, status, body.attributes]).toEqual([link, 422, ['homepage_link']])
      expect((await admin.patch(at, { custom_domain: link })).body.attributes).toEqual(['custom_domain'])
    }
    for (const link of ['https://shop.example.test/a', 'shop.example.test', 'shop.example.test:8080/a'])
      expect((await admin.patch(at, { homepage_link: link })).body.homepage_link).toBe(link)
    const domain = `${t.unique('kb')}.example.test`
    expect((await make({ slug: t.unique('kb'), custom_domain: `https://${domain}/a` })).body.custom_domain).toBe(domain)
  })

  it('has a slug that an address can name, and that no account has', async () => {
    const { make, slug, admin, at } = await desk()
    const other = await desk()
    for (const bad of ['a.b', 'a/b', ' ']) expect((await make({ slug: bad })).body.attributes).toEqual(['slug'])
    expect((await other.make({ slug })).body).toEqual({ message: 'Slug has already been taken', attributes: ['slug'] })
    const next = t.unique('moved')
    expect((await admin.patch(at, { slug: next })).body.slug).toBe(next)
    expect((await admin.get(at)).status).toBe(404)
  })

  it('keeps what is not sent of its languages', async () => {
    const { admin, at } = await desk()
    const codes = (body: any) => body.config.allowed_locales.map(({ code }: { code: string }) => code)
    const { body } = await admin.patch(at, { config: { default_locale: 'es' } })
    expect([body.meta.default_locale, codes(body)]).toEqual(['es', ['en', 'es']])
    const more = await admin.patch(at, { config: { allowed_locales: ['es', 'es', '', 'de'] } })
    expect([more.body.meta.default_locale, codes(more.body)]).toEqual(['es', ['es', 'de']])
    const many = Array.from({ length: 101 }, (_, i) => `l${i}`)
    expect((await admin.patch(at, { config: { allowed_locales: many } })).body.attributes).toEqual(['config'])
  })

  it('has a logo that is a picture of an upload, of its own account', async () => {
    const { admin, at, base } = await desk()
    const other = await desk()
    const picture = await upload(admin, base)
    const text = await upload(admin, base, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'a.png')
    for (const blob of [text, 'nothing', `${picture}x`])
      expect((await admin.patch(at, { portal: { name: 'Help' }, blob_id: blob })).body.attributes).toEqual(['blob_id'])
    const { body } = await admin.patch(at, { portal: { name: 'Help' }, blob_id: picture })
    expect(body.logo).toMatchObject({ blob_id: picture, filename: 'logo.png', file_type: 'image/png' })
    expect((await admin.patch(at, { blob_id: picture })).body.logo).toEqual(body.logo)
    expect((await other.admin.patch(other.at, { blob_id: picture })).body.attributes).toEqual(['blob_id'])
    await admin.delete(`${at}/logo`)
    expect((await admin.get(at)).body.logo).toBeUndefined()
  })

  it('has the widget of a website, and of no inbox of another account', async () => {
    const { admin, agent, at, base } = await desk()
    const other = await desk()
    const website = { name: 'Site', channel: { type: 'web_widget', website_url: 'https://example.test' } }
    const inbox = (await admin.post(`${base}/inboxes`, website)).body
    const foreign = (await other.admin.post(`${other.base}/inboxes`, website)).body
    expect((await admin.patch(at, { inbox_id: foreign.id })).status).toBe(404)
    expect((await admin.patch(at, { inbox_id: inbox.id })).body.inbox).toMatchObject({ id: inbox.id })
    expect((await admin.get(at)).body.inbox.hmac_token).toEqual(expect.any(String))
    expect((await agent.get(at)).body.inbox.hmac_token).toBeUndefined()
    expect((await admin.patch(at, { inbox_id: '' })).body.inbox).toBeUndefined()
  })

  it('goes with its categories and articles, and inboxes go on without it', async () => {
    const { account, admin, at, base } = await desk()
    const category = (await admin.post(`${at}/categories`, { name: 'A', slug: 'a' })).body.payload
    await admin.post(`${at}/categories`, { name: 'B', slug: 'b', related_category_ids: [category.id] })
    await admin.post(`${at}/articles`, { title: 'A', content: 'a', author_id: account.agent.id })
    await admin.patch(at, { blob_id: await upload(admin, base) })
    const { id } = (await admin.get(at)).body
    const inbox = (await admin.post(`${base}/inboxes`, { name: 'Desk', channel: { type: 'api' }, portal_id: id })).body
    expect(inbox.help_center).toBeDefined()
    expect((await admin.delete(at)).status).toBe(200)
    expect((await admin.get(`${base}/inboxes/${inbox.id}`)).body.help_center).toBeUndefined()
    const { rows } = await t.database.pool.query(
      `select (select count(*)::integer from articles where portal_id = $1) as articles,
        (select count(*)::integer from categories where portal_id = $1) as categories,
        (select count(*)::integer from related_categories where related_category_id = $2) as related,
        (select count(*)::integer from active_storage_attachments where record_type = 'Portal' and record_id = $1) as logos`,
      [id, category.id],
    )
    expect(rows).toEqual([{ articles: 0, categories: 0, related: 0, logos: 0 }])
  })
})

describe('the public help center', () => {
  it('shows nothing that is not published, and nothing when it is put away', async () => {
    const { account, admin, at, slug } = await desk()
    const write = async (name: string, more: object = {}) =>
      (
        await admin.post(`${at}/articles`, {
          title: name,
          content: `the ${name}`,
          slug: t.unique(name),
          author_id: account.agent.id,
          status: 'published',
          ...more,
        })
      ).body.payload
    const shown = await write('shown')
    const draft = await write('draft', { status: 'draft', associated_article_id: shown.id })
    const one = await t.anyone.get(`/hc/${slug}/articles/${shown.slug}.json`)
    expect([one.status, one.body.associated_articles, one.body.portal.meta.articles_count]).toEqual([200, undefined, 1])
    for (const path of [`articles/${draft.slug}.json`, `articles/${draft.slug}`, `articles/${draft.slug}.png`])
      expect([path, (await t.anyone.get(`/hc/${slug}/${path}`)).status]).toEqual([path, 404])
    const list = await t.anyone.get(`/hc/${slug}/en/articles.json`)
    expect(list.body.payload.map(({ id }: { id: number }) => id)).toEqual([shown.id])
    expect((await t.anyone.get(`/hc/${slug}/en/articles?query=draft`)).body.payload).toEqual([])
    expect((await t.anyone.get(`/hc/${slug}/en/articles?status=draft`)).body.payload).toEqual([])
    await admin.patch(at, { archived: true })
    for (const path of ['', '/en', '/en/articles', '/en/categories', `/articles/${shown.slug}`])
      expect([path, (await t.anyone.get(`/hc/${slug}${path}`)).status]).toEqual([path, 404])
  })

  it('lists first what was looked at most, and last what nobody looked at', async () => {
    const { account, admin, at, slug } = await desk()
    const names = ['never', 'once', 'twice'].map((name) => t.unique(name))
    const written = { title: 'A', content: 'a', author_id: account.agent.id, status: 'published' }
    for (const name of names) await admin.post(`${at}/articles`, { ...written, slug: name })
    for (const name of [names[1], names[2], names[2]]) {
      const { status, headers } = await t.anyone.get(`/hc/${slug}/articles/${name}.png`)
      expect([status, headers.get('content-type')]).toEqual([200, 'image/png'])
    }
    const { body } = await t.anyone.get(`/hc/${slug}/en/articles.json?sort=views`)
    expect(body.payload.map((article: any) => [article.slug, article.views])).toEqual([
      [names[2], 2],
      [names[1], 1],
      [names[0], null],
    ])
  })

  it('lists a hundred articles at most, and the next ones on the next page', async () => {
    const { account, at, admin, slug } = await desk()
    const portal = (await admin.get(at)).body.id
    await t.database.pool.query(
      `insert into articles (account_id, portal_id, title, slug, content, status, locale, created_at, updated_at)
       select $1, $2, 'Same', $3::text || n, 'same', 1, 'en', now(), now() from generate_series(1, 130) n`,
      [account.id, portal, t.unique('same')],
    )
    const page = async (query: string) => {
      const { body } = await t.anyone.get(`/hc/${slug}/en/articles.json?${query}`)
      return body.payload.map(({ id }: { id: number }) => id) as number[]
    }
    for (const query of ['', 'sort=views', 'query=same']) {
      const [first, second] = [await page(query), await page(`${query}&page=2`)]
      expect([query, first.length, second.length]).toEqual([query, 100, 30])
      expect(new Set([...first, ...second]).size).toBe(130)
    }
    expect((await page('per_page=1000')).length).toBe(100)
    const [first, second] = await page('')
    expect([await page('per_page=1'), await page('per_page=1&page=2')]).toEqual([[first], [second]])
  })
})
