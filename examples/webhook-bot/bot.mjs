#!/usr/bin/env node
// An agent bot: greets, asks what it is about, and hands over to a person when asked. Plain Node, no dependency.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const HELP = `Usage: BOT_TOKEN=… BOT_SECRET=… node bot.mjs

  BOT_TOKEN    the bot's access token (required)
  BOT_SECRET   the bot's secret, with which deliveries are signed; without it nothing is checked
  PARLEY_URL   the server (default http://127.0.0.1:3000)
  PORT         where to listen (default 4000; 0 for any free port)`

if (process.argv.includes('--help')) {
  console.log(HELP)
  process.exit(0)
}
const { BOT_TOKEN: token, BOT_SECRET: secret, PARLEY_URL: server = 'http://127.0.0.1:3000', PORT: port = '4000' } = process.env
if (!token) {
  console.error(`BOT_TOKEN is not set.\n\n${HELP}`)
  process.exit(1)
}
if (!secret) console.warn('BOT_SECRET is not set: anybody could pretend to be the server.')

const MAX_BODY = 1024 * 1024
const FIVE_MINUTES = 300
const INCOMING = 'incoming'
const GREETING = 'Hello! What is it about?'
const TOPICS = [
  { title: 'Billing', value: 'billing' },
  { title: 'Technical', value: 'technical' },
  { title: 'A person', value: 'person' },
]
const ANSWERS = {
  billing: 'Invoices are in your account under "Billing". Is there anything else?',
  technical: 'Turning it off and on again helps more often than one would like. Is there anything else?',
}

/** A delivery may come more than once; the latest thousand are remembered. */
const seen = new Set()

const http = createServer(async (request, response) => {
  const answer = (status) => response.writeHead(status).end()
  if (request.method !== 'POST') return answer(404)
  const body = await read(request)
  if (body === null) return answer(413)
  if (secret && !isSigned(request.headers, body)) return answer(401)
  const id = request.headers['x-chatwoot-delivery']
  if (id && seen.has(id)) return answer(200)
  let event
  try {
    event = JSON.parse(body)
  } catch {
    return answer(400)
  }
  if (id) remember(id)
  // Taken; what follows must not keep the server waiting.
  answer(200)
  handle(event).catch((error) => console.error(error.message))
})

http.listen(Number(port), '127.0.0.1', () => console.log(`The bot listens at http://127.0.0.1:${http.address().port}`))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => http.close(() => process.exit(0)))

async function read(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_BODY) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The signature is over the bytes as they came, and not older than five minutes. */
function isSigned(headers, body) {
  const timestamp = headers['x-chatwoot-timestamp'] ?? ''
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < FIVE_MINUTES)) return false
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`)
  const given = Buffer.from(headers['x-chatwoot-signature'] ?? '')
  return expected.length === given.length && timingSafeEqual(expected, given)
}

function remember(id) {
  seen.add(id)
  if (seen.size > 1000) seen.delete(seen.values().next().value)
}

async function handle(event) {
  // Only while it is the bot's turn: pending conversations wait for it, open ones for people.
  if (event.private || event.conversation?.status !== 'pending') return
  if (event.event === 'message_created' && event.message_type === INCOMING) await ask(event)
  if (event.event === 'message_updated' && event.content_attributes?.submitted_values) await follow(event)
}

const ask = (event) => say(event, { content: GREETING, content_type: 'input_select', content_attributes: { items: TOPICS } })

async function follow(event) {
  const [choice] = [event.content_attributes.submitted_values].flat()
  if (choice?.value === 'person') {
    await say(event, { content: 'Of course. A person will be with you.' })
    await call(event, 'toggle_status', { status: 'open' })
  } else if (ANSWERS[choice?.value]) await say(event, { content: ANSWERS[choice.value] })
}

const say = (event, message) => call(event, 'messages', message)

async function call(event, action, body) {
  const path = `/api/v1/accounts/${event.account.id}/conversations/${event.conversation.id}/${action}`
  const answer = await fetch(server + path, {
    method: 'POST',
    headers: { api_access_token: token, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${action} answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`)
}
