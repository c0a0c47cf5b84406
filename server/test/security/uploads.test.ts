import { expect, it } from 'vitest'
import { startTestApp } from '../support.ts'

// CVE-2021-3741, CVE-2021-3742: a file is what its bytes are, and what may run is never shown in place.
const t = startTestApp()

const SCRIPT = '<script>alert(document.domain)</script>'
const FILES: [name: string, type: string, content: string][] = [
  ['picture.png', 'image/png', `<!DOCTYPE html><html>${SCRIPT}</html>`],
  ['picture.svg', 'image/svg+xml', `<svg xmlns="http://www.w3.org/2000/svg">${SCRIPT}</svg>`],
  ['page.html', 'text/html', `<html>${SCRIPT}</html>`],
  ['page.xhtml', 'application/xhtml+xml', `<html xmlns="http://www.w3.org/1999/xhtml">${SCRIPT}</html>`],
  ['feed.xml', 'text/xml', `<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>`],
  ['script.js', 'application/javascript', 'alert(1)'],
  ['paper.pdf', 'application/pdf', `${SCRIPT}`],
  ['a"\r\nx-evil: 1\r\n.png', 'image/png', SCRIPT],
  ['../../etc/passwd', 'text/plain', 'root'],
]

it('what may run is served as a file to keep, under no type of its own', async () => {
  const account = await t.buildAccount()
  const admin = t.as(account.administrator)
  const base = `/api/v1/accounts/${account.id}`
  const inbox = (await admin.post(`${base}/inboxes`, { name: 'API', channel: { type: 'api' } })).body
  const made = (await admin.post(`${base}/contacts`, { name: 'Ada', inbox_id: inbox.id })).body.payload
  const conversation = (
    await admin.post(`${base}/conversations`, { source_id: made.contact_inbox.source_id, inbox_id: inbox.id })
  ).body
  for (const [name, type, content] of FILES) {
    const form = new FormData()
    form.append('content', 'file')
    form.append('attachments[]', new Blob([content], { type }), name)
    const { status, body } = await admin.post(`${base}/conversations/${conversation.id}/messages`, form)
    expect([name, status < 500]).toEqual([name, true])
    if (status !== 200) continue
    const [attachment] = body.attachments
    let address = String(attachment.data_url)
    let answer = await fetch(t.base + new URL(address).pathname + new URL(address).search, { redirect: 'manual' })
    for (let hops = 0; hops < 3 && answer.status >= 300 && answer.status < 400; hops++) {
      address = new URL(answer.headers.get('location')!, t.base).href
      answer = await fetch(t.base + new URL(address).pathname + new URL(address).search, { redirect: 'manual' })
    }
    const headers = Object.fromEntries(answer.headers)
    expect([name, answer.status, headers['x-content-type-options'], headers['x-evil']]).toEqual([
      name,
      200,
      'nosniff',
      undefined,
    ])
    expect([name, headers['content-type']]).toEqual([name, expect.not.stringMatching(/html|svg|xml|javascript/)])
    const isPlain = headers['content-type']!.startsWith('text/plain')
    expect([name, headers['content-disposition']]).toEqual([
      name,
      expect.stringMatching(isPlain ? /^(inline|attachment)/ : /^attachment/),
    ])
    expect(headers['content-disposition']).not.toMatch(/[\r\n]|\.\.\//)
  }
})

it('a picture that is none is refused or not shown', async () => {
  const account = await t.buildAccount()
  for (const [name, type, content] of FILES.slice(0, 3)) {
    const form = new FormData()
    form.append('profile[avatar]', new Blob([content], { type }), name)
    const { status } = await t.as(account.agent).put('/api/v1/profile', form)
    expect(status).toBeLessThan(500)
    const { body } = await t.as(account.agent).get('/api/v1/profile')
    if (!body.avatar_url) continue
    const url = new URL(body.avatar_url)
    const shown = await fetch(t.base + url.pathname + url.search)
    expect(shown.headers.get('content-type') ?? '').not.toMatch(/html|svg|xml/)
  }
})

it('a signed address that was changed leads nowhere, nor does one out of its folder', async () => {
  for (const path of [
    '/rails/active_storage/blobs/redirect/eyJfcmFpbHMiOnt9fQ==--0000/x.png',
    '/rails/active_storage/disk/..%2f..%2fetc%2fpasswd/x',
    '/rails/active_storage/disk/eyJrZXkiOiIuLi8uLi9ldGMvcGFzc3dkIn0=--00/x',
    '/rails/active_storage/representations/redirect/a/b/c.png',
  ]) {
    const { status } = await t.anyone.get(path)
    expect([path, status >= 400 && status < 500]).toEqual([path, true])
  }
})
