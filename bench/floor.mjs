// The floor: the same bytes by bare node:http.
import { createServer } from 'node:http'

process.once('message', ({ status, body }) => {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => {
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    })
  })
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
})
