import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { join } from 'node:path'
import type { App } from './app.ts'
import { activeStorageRoutes } from './features/active-storage/active-storage.routes.ts'
import { PROJECT } from './project.ts'
import { mountReference } from './reference/reference.routes.ts'

const VISITOR_CHAT = join(PROJECT, 'examples/visitor-chat')

/** What is no operation: files, the reference, the examples. */
export async function mountPages(server: FastifyInstance, app: App): Promise<void> {
  await server.register(activeStorageRoutes, {
    storage: app.files.storage,
    db: app.database.kysely,
    secretKeyBase: app.config.secretKeyBase,
    frontendUrl: app.config.frontendUrl,
  })
  // Without an upgrade there is nothing behind the address of the sockets.
  server.get('/cable', (_request, reply) => reply.code(404).headers({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' }).send('Page not found'))
  await mountReference(server, app)
  await server.register(fastifyStatic, {
    root: VISITOR_CHAT,
    prefix: '/examples/visitor-chat/',
    index: false,
    setHeaders: (reply) => {
      reply.header('content-security-policy', "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:")
    },
  })
  // The router takes the address with and without its last slash for one; the page's own files need it.
  server.get('/examples/visitor-chat', (request, reply) => {
    const [path, query] = request.url.split('?')
    return path!.endsWith('/') ? reply.sendFile('index.html') : reply.redirect(`/examples/visitor-chat/${query ? `?${query}` : ''}`)
  })
}
