#!/usr/bin/env node
// An agent bot: greets, asks what it is about, and hands over to a person when asked. Plain Node, no dependency.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const HELP = `Usage: BOT_TOKEN=… BOT_SECRET=… node bot.mjs

  BOT_TOKEN    the bot's access token (required)
  BOT_SECRET   the bot's secret, with which deliveries are signed; without it nothing is checked
  PARLEY_URL   the server (default http://127.0.0.1:3000)
  PORT         where to listen (default 4000; 0 for any free port)
  HOST         on which address (default 127.0.0.1)`

if (process.argv.includes('--help')) {
  console.log(HELP)
  process.exit(0)
}
const { BOT_TOKEN: token, BOT_SECRET: secret, PORT: port = '4000', HOST: host = '127.0.0.1' } = process.env
const server = (process.env.PARLEY_URL ?? 'http://127.0.0.1:3000').replace(/\/$/, '')
if (!token) {
  console.error(`BOT_TOKEN is not set.\n\n${HELP}`)
  process.exit(1)
}
if (!secret) console.warn('BOT_SECRET is not set: anybody could pretend to be the server.')

const MAX_BODY = 1024 * 1024
const FIVE_MINUTES = 300
const TEN_SECONDS = 10_000
const GREETING = 'Hello! What is it about?'
const AGAIN = 'I only know these topics. Which one is it?'
const TOPICS = [
  { title: 'Billing', value: 'billing' },
  { title: 'Technical', value: 'technical' },
  { title: 'A person', value: 'person' },
]
const ANSWERS = {
  billing: 'Invoices are in your account under "Billing". Is there anything else?',
  technical: 'Turning it off and on again helps more often than one would like. Is there anything else?',
}

// ---- the dialog ---------------------------------------------------------------------------------

/** Conversations that were greeted, and choices that were answered. A bot that must not forget keeps these in a database. */
const greeted = remembering(10_000)
const answered = remembering(10_000)

async function handle(event) {
  // Only while it is the bot's turn: pending conversations wait for it, open ones for people.
  if (event.private || event.conversation?.status !== 'pending') return
  if (event.event === 'message_created' && event.message_type === 'incoming') await hear(event)
  else if (event.event === 'message_updated') await choose(event)
}

/** Whoever types the name of a topic need not click it. */
async function hear(event) {
  const text = event.content?.trim().toLowerCase()
  const topic = TOPICS.find(({ title }) => title.toLowerCase() === text)
  if (topic) return follow(event, topic.value)
  const isFirst = greeted.add(placeOf(event))
  await say(event, {
    content: isFirst ? GREETING : AGAIN,
    content_type: 'input_select',
    content_attributes: { items: TOPICS },
  })
}

/** A message is updated for other reasons too (it was read): the same choice is answered once. */
async function choose(event) {
  const [choice] = [event.content_attributes?.submitted_values].flat()
  if (choice?.value && answered.add(`${event.id} ${choice.value}`)) await follow(event, choice.value)
}

async function follow(event, topic) {
  if (topic === 'person') {
    await say(event, { content: 'Of course. A person will be with you.' })
    await call(event, 'toggle_status', { status: 'open' })
  } else if (Object.hasOwn(ANSWERS, topic)) await say(event, { content: ANSWERS[topic] })
}

// ---- the server's API ---------------------------------------------------------------------------

const placeOf = (event) => `/api/v1/accounts/${event.account.id}/conversations/${event.conversation.id}`

const say = (event, message) => call(event, 'messages', message)

async function call(event, action, body) {
  const answer = await fetch(`${server}${placeOf(event)}/${action}`, {
    method: 'POST',
    headers: { api_access_token: token, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TEN_SECONDS),
  })
  if (!answer.ok) throw new Error(`${action} answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`)
}

// ---- receiving ----------------------------------------------------------------------------------

/** A delivery may come more than once. */
const deliveries = remembering(1000)
/** What is under way, by conversation: events of one conversation are handled one after the other. */
const underWay = new Map()

const http = createServer(async (request, response) => {
  try {
    response.writeHead(await receive(request)).end()
  } catch (error) {
    report('A delivery broke off', error)
    response.destroy()
  }
})

http.listen(Number(port), host, () => console.log(`The bot listens at http://${host}:${http.address().port}`))
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    http.close(() => process.exit(0))
    http.closeIdleConnections()
  })
}

/** Answers with a status at once; what follows must not keep the server waiting. */
async function receive(request) {
  if (request.method !== 'POST') return 404
  const body = await read(request)
  if (body === null) return 413
  if (secret && !isSigned(request.headers, body)) return 401
  let event
  try {
    event = JSON.parse(body)
  } catch {
    return 400
  }
  const id = request.headers['x-chatwoot-delivery']
  if (id && !deliveries.add(id)) return 200
  if (event?.account && event.conversation) inTurn(placeOf(event), () => handle(event))
  return 200
}

async function read(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_BODY) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The signature is over the bytes as they came, and not older than five minutes. */
function isSigned(headers, body) {
  const timestamp = headers['x-chatwoot-timestamp'] ?? ''
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < FIVE_MINUTES)) return false
  const hmac = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')
  const [expected, given] = [`sha256=${hmac}`, headers['x-chatwoot-signature'] ?? ''].map((text) => Buffer.from(text))
  return expected.length === given.length && timingSafeEqual(expected, given)
}

function inTurn(place, work) {
  const turn = (underWay.get(place) ?? Promise.resolve())
    .then(work)
    .catch((error) => report('An event was not handled', error))
  underWay.set(place, turn)
  void turn.then(() => underWay.get(place) === turn && underWay.delete(place))
}

/** A set of the latest few; `add` says whether it was new. */
function remembering(most) {
  const kept = new Set()
  return {
    add(key) {
      if (kept.has(key)) return false
      kept.add(key)
      if (kept.size > most) kept.delete(kept.values().next().value)
      return true
    },
  }
}

function report(what, error) {
  console.error(`${what}: ${error.message}${error.cause ? ` (${error.cause.message})` : ''}`)
}
