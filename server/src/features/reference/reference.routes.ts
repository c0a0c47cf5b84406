import type { FastifyInstance } from 'fastify'
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ReactionsByName } from '../../events/reactions.ts'
import type { Operation } from '../../http/operation.ts'
import { buildAsyncApi } from './asyncapi.ts'
import { buildOpenApi, type Document } from './openapi.ts'
import { buildPostman } from './postman.ts'

const DOCUMENTS: Record<string, Document> = {
  swagger: 'all',
  application_swagger: 'application',
  client_swagger: 'client',
  platform_swagger: 'platform',
  auth_swagger: 'auth',
  other_swagger: 'other',
}
const COLLECTIONS = ['application', 'client', 'platform'] as const
const SCALAR = join(
  dirname(createRequire(import.meta.url).resolve('@scalar/api-reference')),
  'browser',
  'standalone.js',
)

interface ReferenceOptions {
  operations: Operation[]
  reactions: ReactionsByName<any>
  frontendUrl: string
}

/** The reference at /swagger, served from here: no font, script or proxy of somebody else's. */
export async function mountReference(
  server: FastifyInstance,
  { operations, reactions, frontendUrl }: ReferenceOptions,
): Promise<void> {
  const built = new Map<string, string>()
  const serve = (path: string, build: () => unknown) => {
    server.get(path, async (_request, reply) => {
      if (!built.has(path)) built.set(path, JSON.stringify(build(), null, 1))
      return reply.type('application/json; charset=utf-8').send(built.get(path))
    })
  }
  for (const [name, document] of Object.entries(DOCUMENTS))
    serve(`/swagger/${name}.json`, () => buildOpenApi(operations, document))
  for (const family of COLLECTIONS)
    serve(`/swagger/postman/${family}.json`, () => buildPostman(operations, family, frontendUrl))
  serve('/swagger/asyncapi.json', () => buildAsyncApi(reactions))
  server.get('/swagger', async (_request, reply) => reply.headers(PAGE_HEADERS).send(PAGE))
  server.get('/swagger/reference.js', async (_request, reply) => reply.type('text/javascript').send(START))
  server.get('/swagger/scalar.js', async (_request, reply) =>
    reply.type('text/javascript').header('cache-control', 'public, max-age=86400').send(createReadStream(SCALAR)),
  )
}

// The page's library writes its styles into the document.
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
}

const PAGE = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley: API reference</title><link rel="icon" href="data:,"></head>
<body><noscript>The reference needs JavaScript. The document itself: <a href="/swagger/swagger.json">swagger.json</a></noscript>
<div id="reference"></div><script src="/swagger/scalar.js"></script><script src="/swagger/reference.js"></script></body></html>
`

const START = `Scalar.createApiReference('#reference', {
  sources: [
    { title: 'Everything', url: '/swagger/swagger.json', default: true },
    { title: 'Application API', url: '/swagger/application_swagger.json' },
    { title: 'Client API', url: '/swagger/client_swagger.json' },
    { title: 'Platform API', url: '/swagger/platform_swagger.json' },
    { title: 'Signing in', url: '/swagger/auth_swagger.json' },
  ],
  withDefaultFonts: false, telemetry: false, hideClientButton: true, showDeveloperTools: 'never', agent: { disabled: true },
  persistAuth: true, authentication: { preferredSecurityScheme: 'userToken' },
})
`
