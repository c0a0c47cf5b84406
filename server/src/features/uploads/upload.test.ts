import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'

const site = createServer((request, reply) => {
  if (request.url === '/data.json') reply.setHeader('content-type', 'application/json').end('{"a":1}')
  else reply.writeHead(404).end()
})
let address = ''
beforeAll(async () => {
  await new Promise<void>((done) => site.listen(0, '127.0.0.1', done))
  address = `http://127.0.0.1:${(site.address() as { port: number }).port}`
})
afterAll(() => site.close())

describe('an upload', () => {
  const t = startTestApp()

  it('is kept until it finds its place in a message', async () => {
    const account = await t.buildAccount()
    const agent = t.as(account.agent)
    const { status, body } = await agent.post(`/api/v1/accounts/${account.id}/upload`, {
      external_url: `${address}/data.json`,
    })
    expect(status).toBe(200)
    expect(body.file_url).toContain(`/rails/active_storage/blobs/redirect/${body.blob_id}/data.json`)
    const { rows } = await t.database.pool.query(
      `select filename, content_type from active_storage_blobs order by id desc limit 1`,
    )
    expect(rows).toEqual([{ filename: 'data.json', content_type: 'application/json' }])
  })

  it('is refused where there is nothing', async () => {
    const account = await t.buildAccount()
    const ask = async (body: object) =>
      (await t.as(account.agent).post(`/api/v1/accounts/${account.id}/upload`, body)).body
    expect(await ask({})).toEqual({ error: 'No file or URL provided' })
    for (const url of ['ftp://example.test/a', 'nothing', 'file:///etc/passwd'])
      expect(await ask({ external_url: url })).toEqual({ error: 'Invalid URL provided' })
    expect(await ask({ external_url: `${address}/none` })).toEqual({
      error: 'Failed to fetch file from URL: 404 Not Found',
    })
  })
})

describe('an upload from the own network', () => {
  const t = startTestApp({ WEBHOOK_ALLOW_PRIVATE_NETWORK: 'false' })

  it('is refused', async () => {
    const account = await t.buildAccount()
    const at = `/api/v1/accounts/${account.id}/upload`
    const { status, body } = await t.as(account.agent).post(at, { external_url: `${address}/data.json` })
    expect([status, body.error]).toEqual([422, expect.stringContaining('Failed to fetch file from URL: ')])
  })
})
