import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { join } from 'node:path'
import type { Services } from '../context/context.ts'
import { activeStorageRoutes } from '../features/active-storage/active-storage.routes.ts'
import { PROJECT } from '../lib/project.ts'
import { reactions } from './events.ts'
import { operations } from './operations.ts'
import { HOME, HOME_HEADERS } from '../features/home.page.ts'
import { mountReference } from '../features/reference/reference.routes.ts'

const VISITOR_CHAT = join(PROJECT, 'examples/visitor-chat')

/** What is no operation: files, the reference, the examples. */
export async function mountPages(server: FastifyInstance, app: Services): Promise<void> {
  await server.register(activeStorageRoutes, {
    storage: app.files.storage,
    db: app.database.kysely,
    secretKeyBase: app.config.secretKeyBase,
    frontendUrl: app.config.frontendUrl,
  })
  // Without an upgrade there is nothing behind the address of the sockets.
  server.get('/cable', (_request, reply) =>
    reply
      .code(404)
      .headers({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' })
      .send('Page not found'),
  )
  await mountReference(server, { operations, reactions, frontendUrl: app.config.frontendUrl })
  server.get('/', (_request, reply) => reply.headers(HOME_HEADERS).send(HOME))
  // Files have the server's public address, whichever way the page was reached; cards show pictures of anywhere.
  const { origin } = new URL(app.config.frontendUrl)
  const chatPolicy = `default-src 'self'; img-src 'self' ${origin} https: blob: data:; media-src 'self' ${origin}; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'`
  await server.register(fastifyStatic, {
    root: VISITOR_CHAT,
    prefix: '/examples/visitor-chat/',
    index: false,
    setHeaders: (reply) => {
      reply.header('content-security-policy', chatPolicy)
    },
  })
  // The router takes the address with and without its last slash for one; the page's own files need it.
  server.get('/examples/visitor-chat', (request, reply) => {
    const [path, query] = request.url.split('?')
    return path!.endsWith('/')
      ? reply.sendFile('index.html')
      : reply.redirect(`/examples/visitor-chat/${query ? `?${query}` : ''}`)
  })
}
