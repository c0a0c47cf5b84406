// What is said, what is under way, and whether the server is heard: everything of a chat but its page.
import { Cable, ClientApi } from './client.js'

const PAGE = 20
const ACTIVITY = 2
const OWN = 0
const TYPING_LASTS = 30_000
const RESOLVED = 'resolved'

/** A visitor's talk with an inbox. Calls `onChange` whenever something is to be shown anew. */
export class Talk {
  /** 'loading', 'ready', 'missing' (no such inbox), 'refused' (the visitor's details) or 'failed'. */
  phase = 'loading'
  isOnline = true
  inbox = null
  contact = null
  conversation = null
  conversations = []
  hasEarlier = false
  /** The name of whoever is writing. */
  typing = null

  /** What the server has, by id; what it was not given yet, by echo_id. */
  #messages = new Map()
  #drafts = new Map()
  #echoes = new Map()
  #sending = Promise.resolve()
  #seenId = 0

  /** `visitor` is what is known of them: name, email, identifier, identifier_hash. */
  constructor({ base, inbox, visitor, onChange }) {
    Object.assign(this, { base, visitor, onChange, api: new ClientApi(base, inbox) })
    // Another person on this browser is another contact.
    this.store = ['visitor-chat', base, inbox, visitor.identifier ?? ''].join(' ')
  }

  async start() {
    this.#change({ phase: 'loading' })
    try {
      this.inbox = await this.api.inbox().catch((error) => Promise.reject(error.status === 404 ? 'missing' : error))
      this.contact = await this.#knownContact()
      this.conversations = await this.api.conversations(this.contact.source_id)
      await this.#enter(
        this.conversations.findLast(({ status }) => status !== RESOLVED) ?? this.conversations.at(-1) ?? null,
      )
    } catch (error) {
      const isRefused = [401, 403, 422].includes(error.status)
      return this.#change({ phase: error === 'missing' ? error : isRefused ? 'refused' : 'failed' })
    }
    this.#change({ phase: 'ready' })
    this.cable = new Cable(this.base, this.contact.pubsub_token, {
      onEvent: (name, data) => this.#hear(name, data),
      onState: (isOpen) => (isOpen ? this.#catchUp() : this.#change({ isOnline: false, typing: null })),
    })
  }

  /** Oldest first; drafts have an `echoId`. `key` stays the same when a draft has become a message. */
  get messages() {
    const sent = [...this.#messages.values()].sort((a, b) => a.id - b.id)
    return [
      ...sent.map((message) => ({ ...message, key: this.#echoes.get(message.id) ?? String(message.id) })),
      ...this.#drafts.values(),
    ]
  }

  get isResolved() {
    return this.conversation?.status === RESOLVED
  }

  get #oldest() {
    return Math.min(...this.#messages.keys())
  }

  /** How many messages of others came since the visitor last looked. */
  get unread() {
    return [...this.#messages.values()].filter(({ id, message_type: type }) => type !== OWN && id > this.#seenId).length
  }

  // ---- reading ----------------------------------------------------------------------------------

  async earlier() {
    await this.#load(this.#oldest)
    this.#change()
  }

  async enter(id) {
    await this.#enter(await this.api.conversation(this.contact.source_id, id))
    this.#change()
  }

  async refreshConversations() {
    this.conversations = await this.api.conversations(this.contact.source_id)
    this.#change()
  }

  /** Tells the agents that everything so far was read. */
  look() {
    const newest = Math.max(
      0,
      ...[...this.#messages.values()].filter(({ message_type: type }) => type !== OWN).map(({ id }) => id),
    )
    if (newest <= this.#seenId || !this.conversation) return
    this.#seenId = newest
    this.api.seen(this.contact.source_id, this.conversation.id).catch(() => {})
    this.#change()
  }

  // ---- writing ----------------------------------------------------------------------------------

  /** Shown at once; a conversation is made with its first message, so that none is empty. */
  write(content, files = []) {
    const echoId = globalThis.crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
    return this.send({
      key: echoId,
      echoId,
      content,
      files,
      message_type: OWN,
      created_at: Date.now() / 1000,
      failed: false,
    })
  }

  /** Drafts go one after the other, so that they arrive as they were written. */
  send(draft) {
    const fresh = { ...draft, failed: false }
    this.#drafts.delete(draft.echoId)
    this.#drafts.set(fresh.echoId, fresh)
    this.#change()
    this.#sending = this.#sending.then(() => this.#deliver(fresh))
    return this.#sending
  }

  async #deliver(draft) {
    try {
      if (!this.conversation) await this.#enter(await this.api.open(this.contact.source_id))
      this.#take(await this.api.write(this.contact.source_id, this.conversation.id, draft), draft.echoId)
    } catch {
      if (this.#drafts.has(draft.echoId)) this.#drafts.set(draft.echoId, { ...draft, failed: true })
    }
    this.#change()
  }

  async submit(message, values) {
    this.#take(await this.api.submit(this.contact.source_id, this.conversation.id, message.id, values))
    this.#change()
  }

  tellTyping(isOn) {
    if (this.conversation) this.api.typing(this.contact.source_id, this.conversation.id, isOn).catch(() => {})
  }

  async resolve() {
    const { status } = await this.api.resolve(this.contact.source_id, this.conversation.id)
    this.#change({ conversation: { ...this.conversation, status } })
  }

  /** Where the inbox knows one conversation only, the next message opens that one again. */
  async startAnew() {
    await this.#enter(null)
    this.#change()
  }

  // ---- within -----------------------------------------------------------------------------------

  /** Who came before is known by what this browser keeps; anybody else is made once. */
  async #knownContact() {
    const { identifier, identifier_hash } = this.visitor
    const proof = identifier_hash ? { identifier: identifier ?? '', identifier_hash } : {}
    const kept = recall(this.store)
    let contact =
      kept &&
      (await this.api
        .contact(kept.source_id, proof)
        .catch((error) => (error.status === 404 ? null : Promise.reject(error))))
    if (!contact) {
      contact = await this.api.createContact(this.visitor)
      // Asking with the proof shows them what they wrote on their other devices.
      if (identifier_hash) contact = await this.api.contact(contact.source_id, proof)
    }
    keep(this.store, { source_id: contact.source_id, pubsub_token: contact.pubsub_token })
    return contact
  }

  async #enter(conversation) {
    Object.assign(this, { conversation, hasEarlier: false, typing: null })
    this.#messages.clear()
    this.#seenId = 0
    if (!conversation?.messages.length) return
    await this.#load()
    const seen = [...this.#messages.values()].filter(
      (message) => message.created_at <= conversation.contact_last_seen_at,
    )
    this.#seenId = Math.max(0, ...seen.map(({ id }) => id))
  }

  async #load(before) {
    const { id } = this.conversation
    const page = await this.api.messages(this.contact.source_id, id, before)
    if (this.conversation?.id !== id) return
    for (const message of page) this.#take(message)
    this.hasEarlier = page.length === PAGE
  }

  /** After a connection was made: what was said and decided while there was none. */
  async #catchUp() {
    try {
      const { conversation } = this
      if (conversation) {
        const oldest = this.#oldest
        const now = await this.api.conversation(this.contact.source_id, conversation.id)
        if (this.conversation?.id === now.id) {
          // One that was cut off may have arrived all the same: it is not offered again.
          for (const message of now.messages)
            if (message.id >= oldest || oldest === Infinity) this.#take(message, this.#lostEcho(message))
          this.conversation = now
        }
      }
      this.#change({ isOnline: true })
    } catch {
      // The socket may be back before the rest is.
      setTimeout(() => this.cable.socket && this.#catchUp(), 2000)
    }
  }

  #lostEcho({ id, message_type: type, content, attachments = [] }) {
    if (type !== OWN || this.#messages.has(id)) return undefined
    const isSame = (draft) =>
      draft.failed && draft.content === (content ?? '') && draft.files.length === attachments.length
    return [...this.#drafts.values()].find(isSame)?.echoId
  }

  /** A message may come as an answer and by cable, in any order, and more than once. */
  #take(message, echoId = message.echo_id) {
    if (message.private || message.message_type === ACTIVITY) return
    if (this.#drafts.delete(echoId)) this.#echoes.set(message.id, echoId)
    this.#messages.set(message.id, { ...this.#messages.get(message.id), ...message })
  }

  #hear(name, data) {
    switch (name) {
      case 'message.created':
      case 'message.updated':
        if (data.conversation_id !== this.conversation?.id) return
        // Older than what was read: taken now, it would hide what lies between.
        if (this.hasEarlier && data.id < this.#oldest) return
        this.#take(data)
        if (name === 'message.created' && data.message_type !== OWN) this.typing = null
        break
      case 'conversation.typing_on':
      case 'conversation.typing_off': {
        const isOther = data.conversation.id !== this.conversation?.id || data.user.type === 'contact'
        if (data.is_private || isOther) return
        clearTimeout(this.typingTimer)
        this.typing = name.endsWith('on') ? (data.user.available_name ?? data.user.name) : null
        // Who closes the page never says that they stopped.
        this.typingTimer = setTimeout(() => this.#change({ typing: null }), TYPING_LASTS)
        break
      }
      case 'conversation.created':
        // Begun by an agent, or in another tab.
        if ((this.conversation && !this.isResolved) || this.#drafts.size) return
        this.enter(data.id).catch(() => {})
        return
      case 'conversation.status_changed':
        if (data.id !== this.conversation?.id) return
        this.conversation = { ...this.conversation, status: data.status }
        break
      default:
        return
    }
    this.#change()
  }

  #change(values) {
    Object.assign(this, values)
    this.onChange()
  }
}

function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key))
  } catch {
    return null
  }
}

/** Where nothing may be kept, the visitor is a new one next time. */
function keep(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {}
}
