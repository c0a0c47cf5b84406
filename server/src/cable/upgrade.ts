import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Hands a request that offers another protocol than websocket back to the server as the plain request it also is.
 * Java's HttpClient offers h2c with everything it sends, and Node gives whatever has `Upgrade` to the upgrade listener.
 */
export function answerWithoutUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`]
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!
    const value = request.rawHeaders[i + 1]!
    if (/^(upgrade|http2-settings)$/i.test(name)) continue
    if (/^connection$/i.test(name)) lines.push(`${name}: ${withoutUpgrade(value)}`)
    else lines.push(`${name}: ${value}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}

export function refuseUpgrade(socket: Duplex, status: '404 Not Found' | '503 Service Unavailable'): void {
  socket.on('error', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
}

function withoutUpgrade(connection: string): string {
  const rest = connection.split(',').filter((token) => !/^\s*(upgrade|http2-settings)\s*$/i.test(token))
  return rest.join(',').trim() || 'keep-alive'
}
