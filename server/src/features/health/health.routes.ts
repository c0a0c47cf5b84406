import { sql } from 'kysely'
import Type from 'typebox'
import type { Context } from '../../context/context.ts'
import { operation } from '../../http/operation.ts'

const State = Type.Union([Type.Literal('ok'), Type.Literal('failing')])

export const healthOperations = [
  operation({
    id: 'health.show',
    route: 'GET /health',
    summary: 'Whether the server runs',
    access: 'nobody',
    reply: Type.Object({ status: Type.Literal('woot') }),
    handle: () => ({ status: 'woot' as const }),
  }),
  operation({
    id: 'api.index',
    route: 'GET /api',
    summary: 'The version, and whether database and jobs work',
    access: 'nobody',
    reply: Type.Object({
      version: Type.String(),
      timestamp: Type.String(),
      queue_services: State,
      data_services: State,
    }),
    handle: async (ctx) => {
      const state = (await isReachable(ctx)) ? ('ok' as const) : ('failing' as const)
      const timestamp = ctx.app.now().toISOString().slice(0, 19).replace('T', ' ')
      // Jobs live in the same database.
      return { version: CHATWOOT_VERSION, timestamp, queue_services: state, data_services: state }
    },
  }),
]

/** The version whose API this is. */
export const CHATWOOT_VERSION = '4.10.1'

async function isReachable(ctx: Context): Promise<boolean> {
  return sql`select 1`.execute(ctx.db).then(
    () => true,
    () => false,
  )
}
