import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer, type RawData } from 'ws'
import type { Subject } from '../vocabulary/presence.ts'
import {
  chooseProtocol,
  confirmationFrame,
  disconnectFrame,
  frameStart,
  LARGEST_FRAME,
  messageFrameEnd,
  MOST_IDENTIFIERS,
  parseCommand,
  pingFrame,
  WELCOME,
  type Command,
  type Disconnection,
} from './protocol.ts'
import { textFrame } from './text-frame.ts'
import { answerWithoutUpgrade, refuseUpgrade } from './upgrade.ts'

const BEAT = 3000
/** A tenth of the sockets is asked for a pong at each beat: every socket every 30 s. */
const BEATS_PER_ROUND = 10
/** Rounds without a sign of life after which a peer is taken for gone. */
const SILENT_ROUNDS = 2
/** Sockets that get their ping in one turn of the event loop. */
const PINGS_PER_TURN = 200
/** In bytes that a client has not read; above it the socket is cut. */
const MOST_UNREAD = 1024 * 1024
/** Live messages that wait for a replay to end. */
const MOST_HELD = 1000
/** Commands of a socket that wait their turn before the rest stays in the network. */
const MOST_WAITING = 32
/** For a peer to answer the closing handshake. */
const CLOSE_TIMEOUT = 2000

const WELCOME_FRAME = textFrame(WELCOME)

const WEBSOCKETS = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: LARGEST_FRAME,
  closeTimeout: CLOSE_TIMEOUT,
}

/** Who listens on what. */
export interface Subscriber {
  streams: string[]
  subject: Subject
  /** The stream of the subject itself. */
  token: string
}

/** A past message. A live one with the number of its event, or an earlier one, is not sent after it. */
export interface Replayed {
  message: string
  eventId: number
}

export interface Grant extends Subscriber {
  /** What the subscription missed, oldest first. Asked once the streams are joined, so nothing falls between. */
  replay?: (() => AsyncIterable<Replayed>) | undefined
  /** Frames carry `event_id`, for clients that want to resume. */
  numbered?: boolean | undefined
}

/** What subscriptions mean. A call that throws is logged, and its command may be repeated. */
export interface Channel {
  /** Null refuses, which the client is not told. */
  authorize: (identifier: string) => Promise<Grant | null>
  confirmed: (subscriber: Subscriber) => Promise<void>
  perform: (subscriber: Subscriber, data: string) => Promise<void>
}

export interface Log {
  error: (details: { err: unknown }, text: string) => void
}

export interface HubOptions {
  channel: Channel
  log?: Log | undefined
  /** Milliseconds between pings. */
  beat?: number | undefined
}

interface Connection {
  socket: WebSocket
  /** What `socket` reads and writes. Frames go straight to it, made once for all who get the same. */
  wire: Duplex
  /** By identifier; a refused one is null and stays, as in ActionCable, so that repeating it is passed over. */
  subscriptions: Map<string, Subscription | null>
  /** In order of arrival; the first is being obeyed. */
  commands: Command[]
  /** The beat of the round at which it is asked for a pong. */
  turn: number
  silentRounds: number
}

interface Subscription {
  connection: Connection
  subscriber: Subscriber
  start: string
  numbered: boolean
  /** Live messages that wait until the replay is out; null once there is nothing to wait for. */
  held: { message: string; eventId: number | undefined }[] | null
  /** The number of the broadcast it took part in last: one copy, however many of its streams are named. */
  broadcast: number
}

/** Owns the sockets of `/cable`: the handshake, the beat, who listens on which stream, and cutting who does not read. */
export class Hub {
  readonly #channel: Channel
  readonly #log: Log | undefined
  readonly #beat: number
  readonly #websockets = new WebSocketServer(WEBSOCKETS)
  readonly #connections = new Set<Connection>()
  readonly #streams = new Map<string, Set<Subscription>>()
  readonly #servers = new Map<Server, (request: IncomingMessage, socket: Duplex, head: Buffer) => void>()
  #timer: NodeJS.Timeout | undefined
  #beats = 0
  #accepted = 0
  #broadcasts = 0
  #revocations = 0
  #closed = false

  constructor({ channel, log, beat = BEAT }: HubOptions) {
    this.#channel = channel
    this.#log = log
    this.#beat = beat
  }

  /** How many sockets are open. */
  get size(): number {
    return this.#connections.size
  }

  /** Takes the websockets of `/cable` from the server. Plain requests stay with it. */
  attach(server: Server): void {
    const listener = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') answerWithoutUpgrade(server, request, socket, head)
      else if (!/^\/cable\/?(\?|$)/.test(request.url ?? '')) refuseUpgrade(socket, '404 Not Found')
      else if (this.#closed) refuseUpgrade(socket, '503 Service Unavailable')
      else this.#upgrade(request, socket, head)
    }
    server.on('upgrade', listener)
    this.#servers.set(server, listener)
    this.#timer ??= setInterval(() => this.#ping(), this.#beat).unref()
  }

  hasListeners(stream: string): boolean {
    return this.#streams.has(stream)
  }

  /**
   * Sends each subscription on any of the streams one copy. `message` is the JSON of `{"event":…,"data":…}`; whoever
   * listens on `except` gets none.
   */
  broadcast(streams: string[], message: string, { eventId, except }: { eventId?: number; except?: string } = {}): void {
    const broadcast = ++this.#broadcasts
    const frames = framesOf(message, eventId)
    for (const subscription of (except && this.#streams.get(except)) || []) subscription.broadcast = broadcast
    for (const stream of streams) {
      for (const subscription of this.#streams.get(stream) ?? []) {
        if (subscription.broadcast === broadcast) continue
        subscription.broadcast = broadcast
        if (subscription.held) this.#hold(subscription, message, eventId)
        else this.#send(subscription.connection, frames(subscription))
      }
    }
  }

  /** Ends at once the sockets of whoever listens on the stream, or is picked. Says how many. */
  disconnectStream(
    whom: string | ((subscriber: Subscriber) => boolean),
    disconnection: Disconnection = { reason: 'unauthorized', reconnect: false },
  ): number {
    this.#revocations++
    const ended = new Set<Connection>()
    if (typeof whom === 'string') {
      for (const { connection } of this.#streams.get(whom) ?? []) ended.add(connection)
    } else {
      for (const connection of this.#connections) {
        for (const subscription of connection.subscriptions.values()) {
          if (subscription && whom(subscription.subscriber)) ended.add(connection)
        }
      }
    }
    for (const connection of ended) this.#end(connection, disconnection)
    return ended.size
  }

  /** Sends all clients away to reconnect elsewhere, and resolves when no socket is left. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    const sockets = [...this.#connections].map(({ socket }) => socket)
    const gone = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const connection of this.#connections) {
      this.#end(connection, { reason: 'server_restart', reconnect: true })
    }
    const impatience = setTimeout(() => sockets.forEach((socket) => socket.terminate()), CLOSE_TIMEOUT)
    await Promise.all(gone)
    clearTimeout(impatience)
    for (const [server, listener] of this.#servers) server.off('upgrade', listener)
    this.#servers.clear()
    this.#websockets.close()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // ws picks the first offer it sees and refuses a header it cannot parse; it is shown only what was chosen here.
    const protocol = chooseProtocol(request.headers['sec-websocket-protocol'])
    if (protocol) request.headers['sec-websocket-protocol'] = protocol
    else delete request.headers['sec-websocket-protocol']
    this.#websockets.handleUpgrade(request, socket, head, (websocket) => this.#welcome(websocket, socket))
  }

  #welcome(socket: WebSocket, wire: Duplex): void {
    const turn = this.#accepted++ % BEATS_PER_ROUND
    const connection: Connection = { socket, wire, subscriptions: new Map(), commands: [], turn, silentRounds: 0 }
    this.#connections.add(connection)
    socket.on('message', (data, isBinary) => this.#receive(connection, data, isBinary))
    socket.on('pong', () => (connection.silentRounds = 0))
    socket.on('close', () => this.#forget(connection))
    // ws closes the socket itself after what it reports here: broken frames, frames that are too large.
    socket.on('error', ignore)
    this.#send(connection, WELCOME_FRAME)
  }

  #ping(): void {
    const turn = this.#beats++ % BEATS_PER_ROUND
    this.#pingSome(this.#connections.values(), textFrame(pingFrame(Date.now())), turn)
  }

  #pingSome(connections: Iterator<Connection>, frame: Buffer[], turn: number): void {
    for (let i = 0; i < PINGS_PER_TURN; i++) {
      const { value: connection, done } = connections.next()
      if (done) return
      this.#send(connection, frame)
      if (connection.turn === turn) this.#probe(connection)
    }
    setImmediate(() => this.#pingSome(connections, frame, turn))
  }

  /** Browsers and libraries answer a websocket ping by themselves; anything else that arrives counts as well. */
  #probe(connection: Connection): void {
    const { socket } = connection
    if (socket.readyState !== WebSocket.OPEN || socket.isPaused) return
    if (connection.silentRounds++ >= SILENT_ROUNDS) socket.terminate()
    else socket.ping()
  }

  #receive(connection: Connection, data: RawData, isBinary: boolean): void {
    const { socket, commands } = connection
    connection.silentRounds = 0
    if (isBinary || socket.readyState !== WebSocket.OPEN) return
    const command = parseCommand(data.toString())
    if (!command) return
    commands.push(command)
    if (commands.length === 1) void this.#work(connection)
    else if (commands.length > MOST_WAITING) socket.pause()
  }

  /** One command after the other, so that an unsubscription never overtakes the subscription it ends. */
  async #work(connection: Connection): Promise<void> {
    const { socket, commands } = connection
    while (commands.length) {
      try {
        await this.#obey(connection, commands[0]!)
      } catch (error) {
        this.#log?.error({ err: error }, 'a cable command failed')
      }
      commands.shift()
    }
    if (socket.isPaused) socket.resume()
  }

  async #obey(connection: Connection, command: Command): Promise<void> {
    if (connection.socket.readyState !== WebSocket.OPEN) return
    if (command.command === 'subscribe') return this.#subscribe(connection, command.identifier)
    const subscription = connection.subscriptions.get(command.identifier)
    if (command.command === 'message') {
      if (subscription) await this.#channel.perform(subscription.subscriber, command.data)
    } else {
      connection.subscriptions.delete(command.identifier)
      if (subscription) this.#leave(subscription)
    }
  }

  async #subscribe(connection: Connection, identifier: string): Promise<void> {
    const { socket, subscriptions } = connection
    if (subscriptions.has(identifier) || subscriptions.size >= MOST_IDENTIFIERS) return
    const grant = await this.#authorize(identifier)
    if (socket.readyState !== WebSocket.OPEN) return
    if (!grant) return void subscriptions.set(identifier, null)

    const { streams, subject, token, replay, numbered = false } = grant
    const subscription: Subscription = {
      connection,
      subscriber: { streams, subject, token },
      start: frameStart(identifier),
      numbered,
      held: replay ? [] : null,
      broadcast: 0,
    }
    subscriptions.set(identifier, subscription)
    this.#join(subscription)
    if (replay) await this.#replay(subscription, replay)
    else this.#send(connection, textFrame(confirmationFrame(subscription.start)))
    if (socket.readyState === WebSocket.OPEN) await this.#channel.confirmed(subscription.subscriber)
  }

  /** Asks again when rights were taken from somebody meanwhile: the answer may be from before. */
  async #authorize(identifier: string): Promise<Grant | null> {
    for (;;) {
      const revocations = this.#revocations
      const grant = await this.#channel.authorize(identifier)
      if (!grant || revocations === this.#revocations) return grant
    }
  }

  async #replay(subscription: Subscription, replay: NonNullable<Grant['replay']>): Promise<void> {
    const { connection, start } = subscription
    const held = subscription.held!
    let last = 0
    this.#send(connection, textFrame(confirmationFrame(start)))
    try {
      for await (const { message, eventId } of replay()) {
        await this.#sendPatiently(subscription, message, eventId)
        if (connection.socket.readyState !== WebSocket.OPEN) return
        last = eventId
      }
    } catch (error) {
      // The client comes again, and misses nothing.
      connection.socket.terminate()
      throw error
    }
    for (let next = held.shift(); next; next = held.shift()) {
      if (next.eventId === undefined || next.eventId > last)
        await this.#sendPatiently(subscription, next.message, next.eventId)
    }
    subscription.held = null
  }

  #hold({ held, connection }: Subscription, message: string, eventId: number | undefined): void {
    if (held!.length < MOST_HELD) held!.push({ message, eventId })
    else connection.socket.terminate()
  }

  /** A long replay is no reason to cut a client: waits until it has read. */
  async #sendPatiently(subscription: Subscription, message: string, eventId: number | undefined): Promise<void> {
    const { connection } = subscription
    const frame = framesOf(message, eventId)(subscription)
    if (connection.wire.writableLength < MOST_UNREAD / 4 || connection.socket.readyState !== WebSocket.OPEN)
      return this.#send(connection, frame)
    await new Promise<void>((resolve) => writeFrame(connection.wire, frame, resolve))
  }

  #send({ socket, wire }: Connection, frame: Buffer[]): void {
    if (socket.readyState !== WebSocket.OPEN) return
    if (wire.writableLength > MOST_UNREAD) socket.terminate()
    else writeFrame(wire, frame)
  }

  #join(subscription: Subscription): void {
    for (const stream of subscription.subscriber.streams) {
      const listeners = this.#streams.get(stream)
      if (listeners) listeners.add(subscription)
      else this.#streams.set(stream, new Set([subscription]))
    }
  }

  #leave(subscription: Subscription): void {
    for (const stream of subscription.subscriber.streams) {
      const listeners = this.#streams.get(stream)
      listeners?.delete(subscription)
      if (!listeners?.size) this.#streams.delete(stream)
    }
  }

  /** It hears nothing more from here on, however long its peer takes to say goodbye. */
  #end(connection: Connection, disconnection: Disconnection): void {
    this.#leaveAll(connection)
    this.#send(connection, textFrame(disconnectFrame(disconnection)))
    connection.socket.close(1000)
  }

  #forget(connection: Connection): void {
    this.#leaveAll(connection)
    this.#connections.delete(connection)
  }

  #leaveAll({ subscriptions }: Connection): void {
    for (const subscription of subscriptions.values()) if (subscription) this.#leave(subscription)
    subscriptions.clear()
  }
}

/** The frame of a message for each subscription; those that share an identifier, as tabs do, share the bytes. */
function framesOf(message: string, eventId: number | undefined): (subscription: Subscription) => Buffer[] {
  const frames = new Map<string, Buffer[]>()
  const rest = Buffer.from(messageFrameEnd(message))
  let numberedRest: Buffer | undefined
  return ({ start, numbered }) => {
    let frame = frames.get(start)
    if (!frame) {
      if (numbered) numberedRest ??= Buffer.from(messageFrameEnd(message, eventId))
      frames.set(start, (frame = textFrame(start, numbered ? numberedRest : rest)))
    }
    return frame
  }
}

function writeFrame(wire: Duplex, [head, rest]: Buffer[], done: () => void = ignore): void {
  if (!rest) return void wire.write(head, done)
  wire.cork()
  wire.write(head)
  wire.write(rest, done)
  wire.uncork()
}

function ignore(): void {}
