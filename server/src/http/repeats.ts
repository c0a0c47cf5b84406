import { sql } from 'kysely'
import { runPrepared } from '../db/prepared.ts'
import { hash } from 'node:crypto'
import type { Context } from '../context/context.ts'
import { invalidField, lengthProblems, RecordInvalidError } from './errors.ts'
import type { Operation } from './operation.ts'
import { isUploadedFile } from './params.ts'

/** How long an answer is kept for those who name a key, and for those whose message only has a number of their own. */
const KEPT = { key: '24 hours', field: '10 minutes' }
const HEADER = 'Idempotency-Key'
const LONGEST_KEY = 255

/** How a request says that it may be a repeat of another. */
export interface Repeat {
  key: string
  /** Of everything that was sent: another request under the same key is no repeat. */
  fingerprint: string
  kept: string
}

/**
 * A POST with an `Idempotency-Key`; or a message with the `echo_id` or `source_id` of one that was just written and nothing
 * else about it changed: clients number their messages, and send again what was not answered.
 */
export function repeatOf(operation: Operation, { caller, headers, sent }: Context, path: string): Repeat | undefined {
  if (operation.method !== 'POST' || !operation.transaction) return undefined
  const who =
    'user' in caller ? caller.user.id : 'bot' in caller ? caller.bot.id : 'app' in caller ? caller.app.id : null
  const about = [caller.kind, who, operation.id, path.split('?')[0]]
  const named = headers['idempotency-key']
  if (typeof named === 'string' && named) {
    const problems = lengthProblems({ [HEADER]: named }, { [HEADER]: LONGEST_KEY })
    if (problems.length) throw new RecordInvalidError(problems)
    return { key: digest([...about, named]), fingerprint: digest(sent), kept: KEPT.key }
  }
  const field = operation.repeatedBy?.find(
    (name) => ['string', 'number'].includes(typeof sent[name]) && sent[name] !== '',
  )
  if (!field) return undefined
  const fingerprint = digest(sent)
  return { key: digest([...about, field, fingerprint]), fingerprint, kept: KEPT.field }
}

/** Does the work at the first time, and otherwise answers what that answered. One that is under way is waited for. */
export async function answerOnce(ctx: Context, repeat: Repeat, work: () => unknown): Promise<unknown> {
  const claimed = await runPrepared(
    ctx.db,
    sql`
    insert into parley.answers as a (key, fingerprint, expires_at) values (${repeat.key}, ${repeat.fingerprint}, now() + ${repeat.kept}::interval)
    on conflict (key) do update set fingerprint = excluded.fingerprint, expires_at = excluded.expires_at, body = null
    where a.expires_at < now() returning 1`,
  )
  if (!claimed.length) return firstAnswer(ctx, repeat)
  const result = await work()
  if (result !== undefined) {
    const body = JSON.stringify(result)
    await runPrepared(ctx.db, ctx.db.updateTable('parley.answers').set({ body }).where('key', '=', repeat.key))
  }
  return result
}

async function firstAnswer(ctx: Context, { key, fingerprint }: Repeat): Promise<unknown> {
  const rows = await runPrepared(
    ctx.db,
    ctx.db.selectFrom('parley.answers').select(['fingerprint', 'body']).where('key', '=', key),
  )
  if (rows[0]!.fingerprint !== fingerprint) throw invalidField(HEADER, 'was used for another request')
  return rows[0]!.body ?? undefined
}

function digest(value: unknown): string {
  const text = JSON.stringify(value, (_, item: unknown) =>
    isUploadedFile(item) ? [item.filename, item.type, item.content.length, item.checksum] : item,
  )
  return hash('sha256', text, 'base64url')
}
