import { createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'

const ITERATIONS = 1000
const KEY_LENGTH = 64
const keys = new Map<string, Buffer>()

/** ActiveSupport's key generator. */
function keyFor(secretKeyBase: string, salt: string): Buffer {
  const name = `${salt}\0${secretKeyBase}`
  let key = keys.get(name)
  if (!key) keys.set(name, (key = pbkdf2Sync(secretKeyBase, salt, ITERATIONS, KEY_LENGTH, DIGEST)))
  return key
}

const DIGEST = 'sha256'

/** A signed message with a purpose, as ActiveStorage puts it into addresses. */
function sign(secretKeyBase: string, message: Buffer, purpose: string, expiresAt: string | null = null): string {
  const envelope = JSON.stringify({ _rails: { message: message.toString('base64'), exp: expiresAt, pur: purpose } })
  const data = Buffer.from(envelope).toString('base64')
  return `${data}--${mac(secretKeyBase, data)}`
}

function verify(secretKeyBase: string, signed: string, purpose: string, now = new Date()): Buffer | null {
  const split = signed.lastIndexOf('--')
  if (split < 0) return null
  const data = signed.slice(0, split)
  const expected = Buffer.from(mac(secretKeyBase, data))
  const given = Buffer.from(signed.slice(split + 2))
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return null
  try {
    const { _rails: envelope } = JSON.parse(Buffer.from(data, 'base64').toString()) as {
      _rails: { message: string; exp: string | null; pur: string }
    }
    if (envelope.pur !== purpose || (envelope.exp && new Date(envelope.exp) < now)) return null
    return Buffer.from(envelope.message, 'base64')
  } catch {
    return null
  }
}

const mac = (secretKeyBase: string, data: string) =>
  createHmac('sha1', keyFor(secretKeyBase, 'ActiveStorage')).update(data).digest('hex')

export function signBlobId(secretKeyBase: string, id: number): string {
  return sign(secretKeyBase, marshalInteger(id), 'blob_id')
}

export function verifyBlobId(secretKeyBase: string, signed: string): number | null {
  const message = verify(secretKeyBase, signed, 'blob_id')
  return message && unmarshalInteger(message)
}

/** The variation is Ruby's own serialisation: for the few sizes there are, its bytes are made here. */
export function signThumbnail(secretKeyBase: string, format: string): string {
  return sign(secretKeyBase, marshalThumbnail(format), 'variation')
}

export function verifyVariation(secretKeyBase: string, signed: string): Buffer | null {
  return verify(secretKeyBase, signed, 'variation')
}

/** A place on the disk for a few minutes. */
export function signDiskKey(secretKeyBase: string, value: object, expiresAt: Date): string {
  return sign(secretKeyBase, Buffer.from(JSON.stringify(value)), 'blob_key', expiresAt.toISOString())
}

export function verifyDiskKey<T>(secretKeyBase: string, signed: string): T | null {
  const message = verify(secretKeyBase, signed, 'blob_key')
  return message && (JSON.parse(message.toString()) as T)
}

/** Ruby's Marshal of a whole number. */
export function marshalInteger(value: number): Buffer {
  return Buffer.from([4, 8, 0x69, ...packInteger(value)])
}

function packInteger(value: number): number[] {
  if (value === 0) return [0]
  if (value > 0 && value < 123) return [value + 5]
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256)
  return [bytes.length, ...bytes]
}

function unmarshalInteger(buffer: Buffer): number | null {
  if (buffer[0] !== 4 || buffer[1] !== 8 || buffer[2] !== 0x69) return null
  const first = buffer.readInt8(3)
  if (first === 0) return 0
  if (first > 4) return first - 5
  if (first < 1) return null
  let value = 0
  for (let i = 0; i < first; i++) value += buffer[4 + i]! * 256 ** i
  return value
}

/** `{format: <format>, resize_to_fill: [250, nil]}`. */
function marshalThumbnail(format: string): Buffer {
  const text = Buffer.from(format)
  return Buffer.concat([
    Buffer.from([4, 8, 0x7b, 7, 0x3a, 0x0b]),
    Buffer.from('format'),
    Buffer.from([0x49, 0x22, ...packInteger(text.length)]),
    text,
    Buffer.from([0x06, 0x3a, 0x06, 0x45, 0x54, 0x3a, 0x13]),
    Buffer.from('resize_to_fill'),
    Buffer.from([0x5b, 0x07, 0x69, 0x01, 0xfa, 0x30]),
  ])
}
