import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { PASSWORD, startTestApp } from '../../test/support.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
const OUTSIDE_TYPE = 'application/json; charset=UTF-8'

describe('what all operations have in common on the wire', () => {
  const t = startTestApp()
  const send = async (method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) => {
    const answer = await fetch(t.base + path, {
      method,
      headers,
      redirect: 'manual',
      ...(body !== undefined && { body }),
    })
    const [type, text] = [answer.headers.get('content-type'), await answer.text()]
    return { status: answer.status, type, text, header: (name: string) => answer.headers.get(name) }
  }
  const desk = async () => {
    const account = await t.buildAccount()
    return {
      account,
      labels: `/api/v1/accounts/${account.id}/labels`,
      token: { api_access_token: account.administrator.access_token },
    }
  }
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

  it('says JSON without a charset where there is nothing to read', async () => {
    const { account, token } = await desk()
    const answer = await send('POST', `/api/v1/accounts/${account.id}/update_active_at`, token)
    expect([answer.status, answer.text, answer.type]).toEqual([200, '', 'application/json'])
    expect([answer.header('content-length'), answer.header('cache-control')]).toEqual(['0', 'no-cache'])
  })

  it('looks at the Accept header under /auth and /api only, and says so', async () => {
    const { labels, token } = await desk()
    const accept = { accept: 'application/json' }
    const vary = async (method: string, path: string) =>
      (await send(method, path, { ...accept, ...token })).header('vary')
    expect([await vary('GET', '/api'), await vary('GET', '/auth/validate_token'), await vary('GET', labels)]).toEqual([
      'Accept',
      'Accept',
      null,
    ])
  })

  it('has no other format than JSON, which a stranger is not told', async () => {
    const { labels, token } = await desk()
    const xml = await send('GET', `${labels}.xml`, token)
    expect([xml.status, xml.type]).toEqual([406, 'application/xml; charset=UTF-8'])
    expect(xml.text).toContain('<status type="integer">406</status>')
    const html = await send('GET', `${labels}.html`, { ...token, accept: 'application/json' })
    expect([html.status, html.type, html.text]).toEqual([406, 'text/html; charset=UTF-8', ''])
    expect([(await send('GET', `${labels}.xml`)).status, (await send('GET', '/api/v1/nothing.xml')).status]).toEqual([
      401, 404,
    ])
    const made = await send(
      'POST',
      `${labels}.xml`,
      { ...token, 'content-type': 'application/json' },
      '{"title":"unseen"}',
    )
    expect([made.status, (await send('GET', `${labels}.json/`, token)).text]).toEqual([406, '{"payload":[]}'])
  })

  it('answers a preflight with nothing but what it asks', async () => {
    const ask = {
      origin: 'http://a.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-y',
    }
    const closed = await send('OPTIONS', '/api/v1/profile', ask)
    expect([closed.status, closed.text]).toEqual([200, ''])
    for (const name of ['content-type', 'x-request-id', 'vary', 'access-control-allow-origin'])
      expect(closed.header(name)).toBeNull()
    const open = await send('OPTIONS', '/public/api/v1/inboxes/x', ask)
    expect([
      open.status,
      open.header('access-control-allow-origin'),
      open.header('access-control-allow-headers'),
    ]).toEqual([200, '*', 'x-y'])
    expect((await send('OPTIONS', '/api/v1/profile', { accept: 'application/json' })).status).toBe(404)
  })

  it('answers HEAD as GET, with no byte', async () => {
    const { labels, token } = await desk()
    const [head, get] = [await send('HEAD', labels, token), await send('GET', labels, token)]
    expect([head.status, head.type, head.text, head.header('content-length')]).toEqual([200, JSON_TYPE, '', '0'])
    expect(head.header('etag')).toBe(get.header('etag'))
  })

  it('takes a POST for the verb that its header, address or form names', async () => {
    const { labels, token } = await desk()
    const made = await send('POST', labels, { ...token, ...FORM }, 'label[title]=vip')
    const one = `${labels}/${JSON.parse(made.text).id}`
    const changed = await send('POST', one, { ...token, ...FORM }, '_method=patch&label[color]=%23123456')
    expect([changed.status, JSON.parse(changed.text)]).toEqual([
      200,
      expect.objectContaining({ title: 'vip', color: '#123456' }),
    ])
    expect((await send('POST', `${labels}?_method=get`, token)).text).toContain('vip')
    expect(
      (
        await send(
          'POST',
          one,
          { ...token, 'content-type': 'application/json', accept: 'application/json' },
          '{"_method":"delete"}',
        )
      ).status,
    ).toBe(404)
    expect((await send('POST', one, { ...FORM, accept: 'application/json' }, '_method=delete')).status).toBe(401)
    const gone = await send('POST', one, { ...token, 'x-http-method-override': 'DELETE' })
    expect([gone.status, gone.type]).toEqual([200, 'application/json'])
  })

  it('reads JSON by its media type in any letters, and text that is UTF-8 only', async () => {
    const { labels, token } = await desk()
    const post = (type: string, body: string | Buffer) =>
      send('POST', labels, { ...token, accept: 'application/json', 'content-type': type }, body)
    expect((await post('Application/JSON; Charset=UTF-8', '{"title":"one"}')).status).toBe(200)
    for (const type of ['text/plain', 'application/vnd.api+json', 'application/jsonp'])
      expect((await post(type, '{"title":"two"}')).status).toBe(422)
    const broken = Buffer.from('{"title":"tw\xff"}', 'latin1')
    for (const body of [
      await post('application/json', broken),
      await post(FORM['content-type'], Buffer.from('label[title]=tw\xff', 'latin1')),
    ]) {
      expect([body.status, body.type, body.text]).toEqual([400, OUTSIDE_TYPE, '{"status":400,"error":"Bad Request"}'])
    }
  })

  it('reads the body of a GET, and no body by its type alone', async () => {
    const { account, labels, token } = await desk()
    const contacts = `/api/v1/accounts/${account.id}/contacts`
    const get = (type: string, body?: string) =>
      raw(t.base, 'GET', contacts, { ...token, accept: 'application/json', 'content-type': type }, body)
    expect((await get('application/json', '{')).status).toBe(400)
    expect((await get('application/json', '{"page":"2"}')).text).toContain('"current_page":"2"')
    for (const type of ['application/json', 'multipart/form-data', 'json']) expect((await get(type)).status).toBe(200)
    const unread = await send('POST', labels, { ...token, 'content-type': 'json' }, '{"title":"vip"}')
    expect([unread.status, unread.text]).toEqual([422, '{"error":"param is missing or the value is empty: label"}'])
    expect((await send('POST', labels, { ...token, 'content-type': 'multipart/form-data' })).status).toBe(422)
  })

  it('finds a path written with a slash too many, and refuses one that cannot be read', async () => {
    const { labels, token } = await desk()
    expect((await send('GET', `/${labels.replace('accounts/', 'accounts//')}`, token)).status).toBe(200)
    const json = await send('GET', `${labels}/%zz`, { ...token, accept: 'application/json' })
    expect([json.status, json.text, json.header('x-frame-options')]).toEqual([
      400,
      '{"status":400,"error":"Bad Request"}',
      'SAMEORIGIN',
    ])
    const page = await send('GET', `${labels}/%zz`, token)
    expect([page.status, page.type, page.text]).toEqual([400, 'text/html; charset=UTF-8', ''])
  })

  it('gives a request that brings no id one', async () => {
    const id = async (sent: string) => (await send('GET', '/health', { 'x-request-id': sent })).header('x-request-id')
    expect([await id(`a b!c_-@9${'x'.repeat(300)}`), await id('!!!')]).toEqual([`abc_-@9${'x'.repeat(248)}`, ''])
    expect(await id('')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('words what is no record outside of the controllers: pages that are elsewhere, formats, a plain request of the cable', async () => {
    const page = await send('GET', '/auth/sign_in')
    expect([page.status, page.type, page.header('cache-control')]).toEqual([
      302,
      'text/html; charset=utf-8',
      'no-cache',
    ])
    const confirmation = await send('GET', '/auth/confirmation', { accept: 'application/json' })
    expect([confirmation.status, confirmation.type, confirmation.header('cache-control')]).toEqual([
      406,
      OUTSIDE_TYPE,
      null,
    ])
    const closed = await send('POST', '/api/v1/accounts')
    expect([closed.status, closed.type, closed.text]).toEqual([404, OUTSIDE_TYPE, '{"status":404,"error":"Not Found"}'])
    const cable = await send('GET', '/cable')
    expect([cable.status, cable.type, cable.header('cache-control')]).toEqual([
      404,
      'text/plain; charset=utf-8',
      'no-cache',
    ])
  })

  it('repeats the headers of a session with refusals, but not with broken records', async () => {
    const { account, labels } = await desk()
    const stranger = await t.buildPerson()
    const session = async (email: string) => {
      const { headers } = await t.anyone.post('/auth/sign_in', { email, password: PASSWORD })
      return t.with(Object.fromEntries(['access-token', 'client', 'uid'].map((name) => [name, headers.get(name)!])))
    }
    const [agent, administrator, other] = [
      await session(account.agent.email),
      await session(account.administrator.email),
      await session(stranger.email),
    ]
    const answers = {
      'no right': await agent.get(`/api/v1/accounts/${account.id}/webhooks`),
      'no such account': await agent.get('/api/v1/accounts/999999999/labels'),
      'no account of theirs': await other.get(`/api/v1/accounts/${account.id}`),
      'no member': await other.get(labels),
      'no such record': await administrator.get(`${labels}/999999999`),
      'nothing sent': await administrator.post(labels, {}),
      'a broken record': await administrator.post(labels, { title: '' }),
      'no route': await administrator.get(`${labels}/1/2`),
    }
    const seen = Object.entries(answers).map(([name, { status, headers }]) => [
      name,
      status,
      headers.get('access-token') !== null,
      headers.get('expiry') !== null,
    ])
    expect(seen).toEqual([
      ['no right', 401, true, true],
      ['no such account', 404, true, true],
      ['no account of theirs', 404, true, true],
      ['no member', 401, true, true],
      ['no such record', 404, true, true],
      ['nothing sent', 422, true, true],
      ['a broken record', 422, false, false],
      ['no route', 404, false, false],
    ])
  })
})

/** `fetch` gives a GET no body. */
function raw(
  base: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ status: number; text: string }> {
  return new Promise((done, failed) => {
    const length = body === undefined ? {} : { 'content-length': String(body.length) }
    const sent = request(base + path, { method, headers: { ...headers, ...length } }, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk))
      answer.on('end', () => done({ status: answer.statusCode!, text }))
    })
    sent.on('error', failed).end(body)
  })
}
