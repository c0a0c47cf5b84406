const FINAL_TEXT = 0x81
/** In bytes: what is longer is not copied for each reader, of whom many may be slow. */
const LONGEST_COPY = 16 * 1024

const EMPTY = Buffer.alloc(0)

/** A websocket frame as it goes over the wire (RFC 6455, 5.2), in its parts: text, and after it what is in UTF-8 already. */
export function textFrame(text: string, rest: Buffer = EMPTY): Buffer[] {
  const isCopied = rest.length <= LONGEST_COPY
  const textLength = Buffer.byteLength(text)
  const length = textLength + rest.length
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + (isCopied ? length : textLength))
  frame[0] = FINAL_TEXT
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, start)
  if (!isCopied) return [frame, rest]
  frame.set(rest, start + textLength)
  return [frame]
}
