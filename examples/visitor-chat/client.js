// The Client API and the cable, without any page around them: copy this file into a client of your own.

/** Calls of a visitor. Throws an Error with `status` for anything but a success; without `status` the network failed. */
export class ClientApi {
  constructor(base, inbox) {
    this.root = `${base}/public/api/v1/inboxes/${encodeURIComponent(inbox)}`
  }

  async call(method, path, body) {
    const isForm = body instanceof FormData
    const answer = await fetch(this.root + path, {
      method,
      headers: { accept: 'application/json', ...(body && !isForm && { 'content-type': 'application/json' }) },
      body: body && (isForm ? body : JSON.stringify(body)),
    })
    const text = await answer.text()
    if (!answer.ok) throw Object.assign(new Error(text), { status: answer.status })
    return text ? JSON.parse(text) : null
  }

  inbox = () => this.call('GET', '')
  createContact = (fields) => this.call('POST', '/contacts', fields)
  /** `proof` holds identifier and identifier_hash where the visitor is signed in with you. */
  contact = (source, proof = {}) =>
    this.call('GET', `/contacts/${encodeURIComponent(source)}?${new URLSearchParams(proof)}`)

  of = (source, id) => `/contacts/${encodeURIComponent(source)}/conversations${id ? `/${id}` : ''}`
  conversations = (source) => this.call('GET', this.of(source))
  conversation = (source, id) => this.call('GET', this.of(source, id))
  open = (source) => this.call('POST', this.of(source), {})
  resolve = (source, id) => this.call('POST', `${this.of(source, id)}/toggle_status`)
  typing = (source, id, isOn) =>
    this.call('POST', `${this.of(source, id)}/toggle_typing`, { typing_status: isOn ? 'on' : 'off' })
  seen = (source, id) => this.call('POST', `${this.of(source, id)}/update_last_seen`)

  /** The latest 20 messages, or the 20 before one. */
  messages = (source, id, before) =>
    this.call('GET', `${this.of(source, id)}/messages${before ? `?before=${before}` : ''}`)
  submit = (source, id, message, values) =>
    this.call('PATCH', `${this.of(source, id)}/messages/${message}`, { submitted_values: values })

  write(source, id, { content, echoId, files }) {
    if (!files.length) return this.call('POST', `${this.of(source, id)}/messages`, { content, echo_id: echoId })
    const form = new FormData()
    if (content) form.append('content', content)
    form.append('echo_id', echoId)
    for (const file of files) form.append('attachments[]', file, file.name)
    return this.call('POST', `${this.of(source, id)}/messages`, form)
  }
}

const PRESENCE = 20_000
const SILENCE = 10_000
const LONGEST_WAIT = 15_000

/** Listens on /cable for as long as it lives: a connection that breaks, or falls silent, is made anew, with a growing wait. */
export class Cable {
  constructor(base, pubsubToken, { onEvent, onState }) {
    Object.assign(this, { url: `${base.replace(/^http/, 'ws')}/cable`, onEvent, onState, tries: 0 })
    this.identifier = JSON.stringify({ channel: 'RoomChannel', pubsub_token: pubsubToken })
    addEventListener('online', () => this.connect())
    // A page that slept wakes up with a dead socket and a long wait.
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.check())
    this.connect()
    setInterval(() => this.send({ command: 'message', data: JSON.stringify({ action: 'update_presence' }) }), PRESENCE)
    setInterval(() => this.socket && this.check(), 2000)
  }

  connect() {
    clearTimeout(this.timer)
    if (this.socket) return
    const socket = new WebSocket(this.url, ['actioncable-v1-json'])
    this.socket = socket
    this.heard = Date.now()
    socket.onopen = () => this.send({ command: 'subscribe' })
    socket.onmessage = ({ data }) => {
      this.heard = Date.now()
      const frame = JSON.parse(data)
      if (frame.type === 'confirm_subscription') {
        this.tries = 0
        this.onState(true)
      } else if (frame.type === 'disconnect') this.lose(socket)
      else if (frame.message) this.onEvent(frame.message.event, frame.message.data)
    }
    socket.onclose = () => this.lose(socket)
  }

  /** The server pings every three seconds; a network that is gone says nothing. */
  check() {
    if (!this.socket) this.connect()
    else if (Date.now() - this.heard > SILENCE) this.lose(this.socket)
  }

  /** Not waiting for the other side to agree: it may be out of reach. */
  lose(socket) {
    if (this.socket !== socket) return
    this.socket = null
    socket.close()
    this.onState(false)
    const wait = Math.min(LONGEST_WAIT, 500 * 2 ** this.tries++) * (0.5 + Math.random())
    this.timer = setTimeout(() => this.connect(), wait)
  }

  send(command) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify({ identifier: this.identifier, ...command }))
  }
}
