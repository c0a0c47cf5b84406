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
  server.get('/', (_request, reply) => reply.headers(HOME_HEADERS).send(HOME))
  // Files have the server's public address, whichever way the page was reached; cards show pictures of anywhere.
  const { origin } = new URL(app.config.frontendUrl)
  const chatPolicy = `default-src 'self'; img-src 'self' ${origin} https: blob: data:; media-src 'self' ${origin}; connect-src 'self' ws: wss:`
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
    return path!.endsWith('/') ? reply.sendFile('index.html') : reply.redirect(`/examples/visitor-chat/${query ? `?${query}` : ''}`)
  })
}

const HOME_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
}

/** What a person sees who opens the bare address. */
const HOME = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Parley</title><link rel="icon" href="data:,">
<style>:root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;max-width:38rem;margin:12vh auto;padding:0 1.25rem}
h1{font-size:1.75rem;margin:0}dt{margin-top:1.25rem;font-weight:600}dd{margin:0}a{color:LinkText}code{font-size:.9em;overflow-wrap:anywhere}</style>
</head><body><main><h1>Parley is running</h1>
<p>A server for conversations with customers. It has no dashboard: programs speak to it over its API.</p>
<dl><dt><a href="/swagger">API reference</a></dt><dd>Every operation, to read and to try with your token.</dd>
<dt><a href="/examples/visitor-chat/">Visitor chat</a></dt><dd>An example of a chat page. Its address needs the identifier of an API inbox:
<code>/examples/visitor-chat/?inbox=…</code></dd>
<dt>Tokens</dt><dd>The first start printed them. <code>npx parley --help</code> shows how to make more.</dd>
<dt><a href="/api">Status</a></dt><dd>The version, and whether database and jobs work.</dd></dl></main></body></html>
`
