import { connect, type Socket } from 'node:net'

const TEXT = 1
const PING = 9
const FINAL = 0x80
const MASKED = 0x80
/** A mask that changes nothing. */
const MASK = Buffer.alloc(4)
const PONG = Buffer.concat([Buffer.from([FINAL | 10, MASKED]), MASK])
const NOTHING = Buffer.alloc(0)
/** All tabs read into the same: what a tab has of a frame that is not whole yet, it keeps apart. */
const READ = Buffer.allocUnsafe(64 * 1024)

/** One of a thousand readers: it knows as little of websockets as it can, so that what is measured is the server and not its reader. */
export class Tab {
  /** Is given each frame of text, to look at while it is called. */
  hear: (text: Buffer) => void = () => {}
  readonly #socket: Socket
  #unread = NOTHING
  #isOpen = false

  constructor(base: string, path: string) {
    const { hostname, port, host } = new URL(base)
    const onread = { buffer: READ, callback: (size: number) => this.#read(READ.subarray(0, size)) }
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true, onread })
    this.#socket.on('error', () => {})
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Protocol: actioncable-v1-json\r\n\r\n`,
    )
  }

  /** Less than 64 kB. */
  send(text: string): void {
    const bytes = Buffer.from(text)
    const head = Buffer.from([FINAL | TEXT, MASKED | 126, bytes.length >> 8, bytes.length & 255])
    this.#socket.write(Buffer.concat([head, MASK, bytes]))
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): boolean {
    let rest = this.#unread.length ? Buffer.concat([this.#unread, bytes]) : bytes
    if (!this.#isOpen) {
      const end = rest.indexOf('\r\n\r\n')
      this.#isOpen = end >= 0
      if (this.#isOpen) rest = rest.subarray(end + 4)
    }
    if (this.#isOpen) {
      for (let length = frameLength(rest); length <= rest.length; length = frameLength(rest)) {
        const kind = rest[0]! & 15
        if (kind === TEXT) this.hear(rest.subarray(0, length))
        else if (kind === PING) this.#socket.write(PONG)
        rest = rest.subarray(length)
      }
    }
    this.#unread = rest.length ? Buffer.from(rest) : NOTHING
    return true
  }
}

/** With its head; no end when even that is not there. */
function frameLength(bytes: Buffer): number {
  if (bytes.length < 2) return Infinity
  const length = bytes[1]! & 127
  if (length < 126) return 2 + length
  if (bytes.length < 10) return Infinity
  return length === 126 ? 4 + bytes.readUInt16BE(2) : 10 + Number(bytes.readBigUInt64BE(2))
}
