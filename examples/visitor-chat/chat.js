import { Cable, ClientApi } from './client.js'
import { renderMessage } from './message.js'
import { strings } from './strings.js'

const $ = (id) => document.getElementById(id)
const params = new URLSearchParams(location.search)
const base = (params.get('base') ?? location.origin).replace(/\/$/, '')
const inbox = params.get('inbox') ?? ''
const api = new ClientApi(base, inbox)
const store = `visitor-chat ${base} ${inbox}`
const PAGE = 20

/** Messages by id; those under way by their echo_id. */
const state = { contact: null, conversation: null, messages: new Map(), pending: new Map(), files: [], hasEarlier: false }

label()
if (inbox) start().catch(stopWith)
else notice(strings.noInbox)

async function start() {
  setState('connecting')
  const found = await api.inbox()
  $('title').textContent = document.title = found.name
  state.contact = await knownContact()
  const conversations = await api.conversations(state.contact.source_id)
  await show(conversations.findLast(({ status }) => status !== 'resolved') ?? conversations.at(-1) ?? null)
  new Cable(base, state.contact.pubsub_token, { onEvent, onState: (isOpen) => (isOpen ? void catchUp() : setState('offline')) })
  $('text').disabled = false
  $('text').focus()
}

function stopWith(error) {
  notice(error.status === 404 ? strings.noSuchInbox : strings.failed)
  setState('offline')
}

/** Who came before is known by what this browser keeps; anybody else is made once. */
async function knownContact() {
  const kept = localStorage.getItem(store)
  const known = kept && (await api.contact(kept).catch((error) => (error.status === 404 ? null : Promise.reject(error))))
  if (known) return known
  const fields = ['name', 'email', 'identifier', 'identifier_hash'].filter((name) => params.has(name))
  const contact = await api.createContact(Object.fromEntries(fields.map((name) => [name, params.get(name)])))
  localStorage.setItem(store, contact.source_id)
  return contact
}

async function show(conversation) {
  Object.assign(state, { conversation, messages: new Map(), hasEarlier: false })
  if (conversation) await load()
  setState('online')
  render()
}

async function load(before) {
  const page = await api.messages(state.contact.source_id, state.conversation.id, before)
  for (const message of page) state.messages.set(message.id, message)
  if (before || state.messages.size <= PAGE) state.hasEarlier = page.length === PAGE
}

/** After a reconnect: what was said meanwhile, by the history. */
async function catchUp() {
  try {
    if (state.conversation) {
      const all = await api.conversations(state.contact.source_id)
      state.conversation = all.find(({ id }) => id === state.conversation.id) ?? state.conversation
      await load()
    }
    setState('online')
    render()
    seen()
  } catch {
    setState('offline')
  }
}

function onEvent(name, data) {
  if (name === 'message.created' || name === 'message.updated') {
    if (data.private || data.message_type === 2 || data.conversation_id !== state.conversation?.id) return
    const pending = [...state.pending.keys()].find((echoId) => echoId === data.echo_id)
    if (pending) state.pending.delete(pending)
    state.messages.set(data.id, { ...data, content_type: data.content_type })
    $('typing').hidden = true
    render()
    seen()
  } else if (name === 'conversation.typing_on' || name === 'conversation.typing_off') {
    if (data.is_private || data.conversation.id !== state.conversation?.id || data.user.type === 'contact') return
    $('typing').hidden = name.endsWith('off')
    $('typing').textContent = strings.typing(data.user.available_name ?? data.user.name)
    toEnd()
  } else if (name === 'conversation.status_changed' && data.id === state.conversation?.id) {
    state.conversation = { ...state.conversation, status: data.status }
    setState('online')
    render()
  }
}

// ---- writing ------------------------------------------------------------------------------------

$('form').addEventListener('submit', (event) => {
  event.preventDefault()
  const content = $('text').value.trim()
  if ((!content && !state.files.length) || !state.contact) return
  const draft = { content, files: state.files, echoId: crypto.randomUUID?.() ?? String(Math.random()), failed: false }
  $('text').value = ''
  state.files = []
  state.pending.set(draft.echoId, draft)
  grow()
  tellTyping(false)
  render()
  toEnd()
  void send(draft)
})

async function send(draft) {
  draft.failed = false
  render()
  try {
    if (!state.conversation) state.conversation = await api.open(state.contact.source_id)
    const message = await api.write(state.contact.source_id, state.conversation.id, draft)
    // The cable may have been faster.
    state.pending.delete(draft.echoId)
    state.messages.set(message.id, { ...state.messages.get(message.id), ...message })
    notice('')
  } catch {
    draft.failed = true
  }
  render()
}

$('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  $('form').requestSubmit()
})

let typingUntil = 0
let typingTimer
$('text').addEventListener('input', () => {
  grow()
  enable()
  if (Date.now() > typingUntil - 3000) tellTyping(true)
  clearTimeout(typingTimer)
  typingTimer = setTimeout(() => tellTyping(false), 4000)
})

function tellTyping(on) {
  if (!state.conversation || (!on && !typingUntil)) return
  typingUntil = on ? Date.now() + 6000 : 0
  clearTimeout(typingTimer)
  api.typing(state.contact.source_id, state.conversation.id, on).catch(() => {})
}

function grow() {
  const text = $('text')
  text.style.height = 'auto'
  text.style.height = `${Math.min(text.scrollHeight + 2, 140)}px`
}

// ---- files --------------------------------------------------------------------------------------

$('pick').addEventListener('change', () => {
  addFiles($('pick').files)
  $('pick').value = ''
})
document.addEventListener('paste', (event) => event.clipboardData?.files.length && addFiles(event.clipboardData.files))
for (const name of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(name, (event) => {
    event.preventDefault()
    document.body.classList.toggle('dropping', name === 'dragover')
    if (name === 'drop') addFiles(event.dataTransfer.files)
  })
}

function addFiles(files) {
  state.files = [...state.files, ...files]
  renderFiles()
  $('text').focus()
}

function renderFiles() {
  $('files').hidden = !state.files.length
  $('files').replaceChildren(
    ...state.files.map((file) => {
      const item = document.createElement('li')
      const remove = document.createElement('button')
      remove.type = 'button'
      remove.textContent = `${file.name} ×`
      remove.setAttribute('aria-label', strings.remove(file.name))
      remove.onclick = () => {
        state.files = state.files.filter((other) => other !== file)
        renderFiles()
      }
      item.append(remove)
      return item
    }),
  )
  enable()
}

// ---- reading ------------------------------------------------------------------------------------

$('earlier').addEventListener('click', async () => {
  const { scrollHeight } = $('scroll')
  try {
    await load(Math.min(...state.messages.keys()))
    render({ stay: true })
    $('scroll').scrollTop = $('scroll').scrollHeight - scrollHeight
  } catch {
    notice(strings.failed)
  }
})

$('resolve').addEventListener('click', async () => {
  try {
    state.conversation = await api.resolve(state.contact.source_id, state.conversation.id)
    setState('online')
    render()
  } catch {
    notice(strings.failed)
  }
})

let seenTimer
function seen() {
  clearTimeout(seenTimer)
  if (document.visibilityState !== 'visible' || !state.conversation) return
  seenTimer = setTimeout(() => api.seen(state.contact.source_id, state.conversation.id).catch(() => {}), 500)
}
document.addEventListener('visibilitychange', seen)

function render({ stay = false } = {}) {
  const { scroll, log } = { scroll: $('scroll'), log: $('log') }
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80
  const messages = [...state.messages.values()].sort((a, b) => a.id - b.id)
  const drafts = [...state.pending.values()]
  const known = new Map([...log.children].map((element) => [element.dataset.key, element]))
  let last
  const elements = [...messages, ...drafts].map((message) => {
    const view = renderMessage(message, {
      isFirst: senderOf(message) !== last,
      onRetry: () => send(message),
      onSubmit: (values) => submit(message, values),
      base,
      uuid: state.conversation?.uuid,
    })
    last = senderOf(message)
    // What did not change keeps its element, and with it its place for screen readers.
    const old = known.get(view.dataset.key)
    return old && old.dataset.version === view.dataset.version ? old : view
  })
  // Only what differs is touched: an element that is put in again is read out again.
  for (const old of [...log.children]) if (!elements.includes(old)) old.remove()
  elements.forEach((element, i) => log.children[i] === element || log.insertBefore(element, log.children[i] ?? null))
  $('earlier').hidden = !state.hasEarlier
  $('resolve').hidden = !state.conversation || state.conversation.status === 'resolved' || !messages.length
  renderFiles()
  if (atEnd && !stay) toEnd()
}

const senderOf = (message) => ('echoId' in message || message.message_type === 0 ? 'own' : `other ${message.sender?.id}`)

async function submit(message, values) {
  try {
    const changed = await api.submit(state.contact.source_id, state.conversation.id, message.id, values)
    state.messages.set(changed.id, { ...message, ...changed })
    render()
  } catch {
    notice(strings.failed)
  }
}

function toEnd() {
  $('scroll').scrollTop = $('scroll').scrollHeight
}

function setState(name) {
  const shown = name === 'online' && state.conversation?.status === 'resolved' ? 'resolved' : name
  $('state').dataset.state = shown
  $('state').textContent = strings[shown]
}

function notice(text) {
  $('notice').textContent = text
  $('notice').hidden = !text
}

function enable() {
  $('send').disabled = !$('text').value.trim() && !state.files.length
}

function label() {
  $('title').textContent = strings.them
  $('log').dataset.empty = strings.empty
  $('earlier').textContent = strings.earlier
  $('resolve').textContent = strings.resolve
  $('text').placeholder = strings.placeholder
  $('text').disabled = true
  $('text-label').textContent = strings.write
  $('send-label').textContent = strings.send
  $('pick-label').textContent = strings.attach
  enable()
}
