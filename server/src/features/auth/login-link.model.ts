import { sql } from 'kysely'
import { runPrepared } from '../../db/prepared.ts'
import type { Context } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import { digest, hexToken } from '../../lib/tokens.ts'

const MINUTES = 5

/** An address that signs its bearer in as this user, once. */
export async function makeLoginLink(ctx: Context, userId: number): Promise<string> {
  const token = hexToken(32)
  const rows = await runPrepared(
    ctx.db,
    sql<{ email: string }>`
    with kept as (insert into parley.sso_tokens (token_digest, user_id, expires_at)
      values (${digest(token)}, ${userId}, now() + make_interval(mins => ${MINUTES})))
    select email from users where id = ${userId}`,
  )
  if (!rows[0]) throw new NotFoundError()
  return `${ctx.app.config.frontendUrl}/app/login?email=${escapeAll(rows[0].email)}&sso_auth_token=${token}`
}

/** As Ruby does it: an apostrophe and brackets too. */
const escapeAll = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** Takes the token of a link out of use. Someone else's e-mail leaves it as it was. */
export async function redeemLoginToken(ctx: Context, email: string, token: string): Promise<number | undefined> {
  const rows = await runPrepared(
    ctx.db,
    sql<{ user_id: number }>`
    delete from parley.sso_tokens s using users u
    where s.token_digest = ${digest(token)} and s.expires_at > now() and u.id = s.user_id and u.email = ${email}
    returning s.user_id`,
  )
  return rows[0]?.user_id
}
