import { createHash } from 'node:crypto'
import type { BusyDesk, Desk } from './seed.ts'

export interface Workload {
  name: string
  desk: 'quiet' | 'busy'
  /** Times the CPU of a bare node:http answer, at most. */
  limit?: number
  request: (i: number) => Asked
  status: number
}

export interface Asked {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body?: string
}

/** The one word that only the messages of a conversation have (seed.ts). */
const topicOf = (id: number) => createHash('md5').update(String(id)).digest('hex').slice(0, 8)

const get = (path: string, token: string): Asked => ({ method: 'GET', path, headers: { api_access_token: token } })

const post = (path: string, body: object, token?: string): Asked => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json', ...(token && { api_access_token: token }) },
  body: JSON.stringify(body),
})

/** All of these hold. */
function filter(...rules: [key: string, operator: string, value: string][]) {
  const payload = rules.map(([attribute_key, filter_operator, value], place) => ({
    attribute_key,
    filter_operator,
    values: [value],
    query_operator: place < rules.length - 1 ? 'AND' : null,
  }))
  return { payload }
}

/** What agents and visitors of a desk write. The newest conversations are open: in a resolved one a message reopens it. */
function writing(desk: Desk) {
  const open = (i: number) => desk.size - (i % Math.min(desk.size, desk.open))
  return {
    agent: (i: number, token: string) =>
      post(`${desk.api}/conversations/${1 + (i % desk.size)}/messages`, { content: `An answer, number ${i}` }, token),
    visitor: (i: number) =>
      post(`/public/api/v1/inboxes/${desk.identifier}/contacts/visitor-${open(i)}/conversations/${open(i)}/messages`, {
        content: `A question, number ${i}`,
      }),
  }
}

export function workloadsOf(desk: Desk, busy: BusyDesk): Workload[] {
  const { token, api } = desk
  const { agent, visitor } = writing(desk)
  const busyWriting = writing(busy)
  const of = (name: string, limit: number, request: Workload['request'], status = 200): Workload => {
    return { name, desk: 'quiet', limit, request, status }
  }
  const ofBusy = (name: string, request: Workload['request']): Workload => ({
    name,
    desk: 'busy',
    request,
    status: 200,
  })
  return [
    of('GET profile', 12, () => get('/api/v1/profile', token)),
    of('GET profile (new token)', 12, (i) => get('/api/v1/profile', desk.strangers[i % desk.strangers.length]!)),
    of('unknown token', 6, () => get('/api/v1/profile', 'nobody-has-this-token-00'), 401),
    of('GET messages', 20, (i) => get(`${api}/conversations/${1 + (i % desk.size)}/messages`, token)),
    of('GET conversations', 50, () => get(`${api}/conversations`, token)),
    of('GET conversations/meta', 15, () => get(`${api}/conversations/meta`, token)),
    of('GET contacts', 25, () => get(`${api}/contacts`, token)),
    of('GET contacts/search', 25, (i) => get(`${api}/contacts/search?q=visitor${1 + (i % desk.size)}@`, token)),
    of('GET search/messages', 40, (i) => get(`${api}/search/messages?q=${topicOf(1 + (i % desk.size))}`, token)),
    of('POST conversations/filter', 60, () =>
      post(
        `${api}/conversations/filter`,
        filter(['status', 'equal_to', 'open'], ['created_at', 'is_greater_than', '2020-01-01']),
        token,
      ),
    ),
    of('POST contacts/filter', 30, (i) =>
      post(`${api}/contacts/filter`, filter(['email', 'contains', `visitor${1 + (i % desk.size)}@`]), token),
    ),
    of('POST message', 40, (i) => agent(i, token)),
    of('POST message (visitor)', 40, visitor),
    ofBusy('busy: POST message', (i) => busyWriting.agent(i, busy.tokens[i % busy.tokens.length]!)),
    ofBusy('busy: POST (visitor)', busyWriting.visitor),
    ofBusy('busy: GET messages', (i) =>
      get(`${busy.api}/conversations/${1 + (i % busy.size)}/messages`, busy.tokens[i % busy.tokens.length]!),
    ),
  ]
}

/** How many messages a second one account takes; agents and visitors write by turns. */
export const rush = {
  name: 'messages a second',
  atLeast: 1200,
  connections: 32,
  request: (desk: Desk) => {
    const { agent, visitor } = writing(desk)
    return (i: number) => (i % 2 ? agent(i, desk.token) : visitor(i))
  },
}
