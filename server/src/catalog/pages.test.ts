import { expect, it } from 'vitest'
import { startTestApp } from '../../test/support.ts'

const t = startTestApp({ FRONTEND_URL: 'https://support.example.com/desk' })

it('the bare address leads to the reference and the example', async () => {
  const page = await t.anyone.get('/', undefined, { accept: 'text/html' })
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const addresses = [...page.text.matchAll(/href="(\/[^"]*)"/g)].map(([, address]) => address!)
  expect(addresses).toEqual(['/swagger', '/examples/visitor-chat/', '/api'])
  for (const address of addresses) expect((await t.anyone.get(address)).status).toBe(200)
})

it('the example shows files of the public address, wherever it was opened', async () => {
  const { headers } = await t.anyone.get('/examples/visitor-chat/?inbox=x')
  const policy = headers.get('content-security-policy')!
  expect(policy).toContain("img-src 'self' https://support.example.com https:")
  expect(policy).toContain("media-src 'self' https://support.example.com;")
})
