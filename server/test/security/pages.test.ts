import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { operations } from '../../src/catalog/operations.ts'
import { startTestApp } from '../support.ts'

// CVE-2022-0526 and its like: what a page may load and run is said with it, whoever makes the page.
const t = startTestApp({ ENABLE_RACK_ATTACK: 'false', RATE_LIMIT: 'false' })

const PATHS = [
  '/',
  '/nowhere',
  '/nowhere.html',
  '/%zz',
  '/?q=%zz',
  '/swagger',
  '/swagger/nowhere',
  '/cable',
  '/survey/responses/none',
  '/examples/visitor-chat/',
  '/examples/visitor-chat/nowhere',
  '/rails/active_storage/disk/none/x',
  '/rails/active_storage/blobs/redirect/none/x',
  '/rails/active_storage/representations/redirect/none/none/x',
  '/api/v1/profile.html',
  '/public/api/v1/inboxes/none.html',
]

const NEEDED = ["base-uri 'none'", 'default-src ', 'form-action ', 'frame-ancestors ']

it('every page says what it may load, and no page may run what stands in it', async () => {
  const ofOperations = operations
    .filter(({ method }) => method === 'GET')
    .flatMap(({ path }) => [path, `${path}.html`].map((one) => one.replaceAll(/:\w+/g, '1')))
  let pages = 0
  const wrong: string[] = []
  for (const path of [...PATHS, ...ofOperations]) {
    const { headers, text } = await t.anyone.get(path, undefined, { accept: 'text/html' })
    if (!headers.get('content-type')?.includes('html')) continue
    pages++
    const policy = headers.get('content-security-policy') ?? 'none'
    const scripts = /script-src [^;]*/.exec(policy)?.[0] ?? /default-src [^;]*/.exec(policy)?.[0] ?? ''
    const isStrict = NEEDED.every((part) => policy.includes(part)) && !/unsafe|\*|data:|https?:/.test(scripts)
    if (!isStrict) wrong.push(`${path}: ${policy}`)
    for (const [, style] of text.matchAll(/<style>([^]*?)<\/style>/g))
      if (!policy.includes(createHash('sha256').update(style!).digest('base64'))) wrong.push(`${path}: its style`)
  }
  expect(wrong).toEqual([])
  expect(pages).toBeGreaterThan(20)
})
