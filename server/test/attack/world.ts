import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { buildOffice, type Office } from '../contract/support.ts'
import type { Client, Person, TestAccount } from '../support.ts'
import type { RealServer } from '../support/server.ts'
import { guard, proveAudit } from './audit.ts'

/** Who sends. `outsider` is the administrator of another account; it is told nothing and moves nothing here. */
export const CALLERS = ['stranger', 'visitor', 'bot', 'agent', 'administrator', 'outsider', 'platform'] as const
export type Caller = (typeof CALLERS)[number]

/** Whose record an id is. */
export const SIDES = ['own', 'foreign', 'absent'] as const
export type Side = (typeof SIDES)[number]

/** What stands for the records of a side, by the table they are in or by the name of what is sent. */
export type References = Record<string, string | number>

/** Who may be shown a secret; everybody else is not. */
export interface Canary {
  text: string
  what: string
  shownTo: readonly Caller[]
}

/** Two accounts with content, between which nothing may pass, and a third whose administrator tries. */
export interface World {
  /** The headers with which each of them is let in. */
  headers: Record<Caller, Record<string, string>>
  /** What agents know, and what a visitor knows. */
  references: Record<Exclude<Side, 'absent'>, References>
  visitorReferences: Record<Exclude<Side, 'absent'>, References>
  canaries: Canary[]
  agent: { account: number; user: number }
}

/** Not the one of the examples. */
const PASSWORD = 'N0t!AnExample'
const INSIDE: readonly Caller[] = ['bot', 'agent', 'administrator', 'platform']

/** Makes accounts by the platform API, as a program would, and fills them as their people would. */
export class Builder {
  readonly server: RealServer
  readonly pool: Pool
  readonly #seed: string
  readonly #maker: string
  #number = 0
  readonly #attacked: PlatformApp
  #there: Office | undefined
  #outsider: TestAccount | undefined

  private constructor(server: RealServer, pool: Pool, seed: string, maker: string, attacked: PlatformApp) {
    this.server = server
    this.pool = pool
    this.database = { pool }
    this.#seed = seed
    this.#maker = maker
    this.#attacked = attacked
  }

  static async begin(server: RealServer, pool: Pool, seed: string): Promise<Builder> {
    const { token } = await createPlatformApp(server, 'maker')
    return new Builder(server, pool, seed, token, await createPlatformApp(server, 'attacked'))
  }

  /** A new account that is attacked from; the others stay, unless they were spoilt. */
  async build(isSpoilt = false): Promise<World> {
    if (isSpoilt) this.#there = undefined
    this.#there ??= await this.#office('there')
    this.#outsider ??= await this.buildAccount()
    const [there, outsider, platform] = [this.#there, this.#outsider, this.#attacked]
    const here = await this.#office('here')
    const other = await this.#talk(here, 'other')
    await this.pool.query(
      `insert into platform_app_permissibles (platform_app_id, permissible_type, permissible_id, created_at, updated_at)
       select $1, kind, id, now(), now() from unnest($2::text[], $3::int[]) as granted (kind, id)`,
      [
        platform.id,
        ['Account', 'User', 'User', 'AgentBot'],
        [here.account.id, here.account.administrator.id, here.account.agent.id, here.ids.agent_bots],
      ],
    )
    const secrets = await this.#hide(here)
    await guard(this.pool, there.account.id, other.contact)
    await proveAudit(this.pool, there.account.id)
    const [own, foreign] = await Promise.all([this.#references(here), this.#references(there)])
    return {
      headers: {
        stranger: {},
        visitor: {},
        bot: { api_access_token: here.botToken },
        agent: { api_access_token: here.account.agent.access_token },
        administrator: { api_access_token: here.account.administrator.access_token },
        outsider: { api_access_token: outsider.administrator.access_token },
        platform: { api_access_token: platform.token },
      },
      references: { own, foreign },
      visitorReferences: {
        own,
        // Under the inbox of this account the contact of another one, and its own name under what others said. A help center is
        // for everybody, and whoever knows the uuid of a conversation may answer its survey.
        foreign: {
          ...own,
          source_id: foreign.source_id!,
          ...other.references,
        },
      },
      canaries: [
        {
          text: here.mark,
          what: 'what an account calls its own',
          shownTo: CALLERS.filter((one) => one !== 'outsider'),
        },
        ...secrets,
        ...other.canaries,
        ...(await this.#secretsOf(there)),
      ],
      agent: { account: here.account.id, user: here.account.agent.id },
    }
  }

  as = (person: { access_token: string }): Client => this.#client(person.access_token)
  readonly database: { pool: Pool }
  unique = (word: string): string => `${word}${canaryOf(this.#seed, word, this.#number++)}`

  async buildAccount(): Promise<TestAccount> {
    const maker = this.#client(this.#maker)
    const { body: account } = await maker.post('/platform/api/v1/accounts', { name: this.unique('Account') })
    const member = async (role: string): Promise<Person> => {
      const { body: person } = await maker.post('/platform/api/v1/users', {
        name: this.unique('person'),
        email: `${this.unique('mail')}@example.test`,
        password: PASSWORD,
      })
      await maker.post(`/platform/api/v1/accounts/${account.id}/account_users`, { user_id: person.id, role })
      return person
    }
    return { id: account.id, administrator: await member('administrator'), agent: await member('agent') }
  }

  async #office(where: string): Promise<Office> {
    const office = await buildOffice(this, this.unique(where))
    // What identifies a contact is sent by others, so it is no secret: it says nothing of the rest.
    await office.admin.patch(`${office.base}/contacts/${office.ids.contacts}`, this.#identity())
    // A survey is there once it was asked for.
    const at = `${office.base}/conversations/${office.ids.conversations}/messages`
    await office.admin.post(at, { content: 'How was it?', content_type: 'input_csat' })
    return office
  }

  #identity() {
    const number = this.#number++
    return {
      email: `contact${number}.${this.#seed}@example.test`,
      phone_number: `+1415${String(1_000_000 + number)}`,
      identifier: `identifier-${number}-${this.#seed}`,
    }
  }

  /** Another contact of the same inbox, with a conversation of its own. */
  async #talk({ admin, base, ids }: Office, word: string) {
    const canary = this.unique(word)
    const identity = this.#identity()
    const made = (await admin.post(`${base}/contacts`, { ...identity, name: canary, inbox_id: ids.inboxes })).body
      .payload
    const source: string = made.contact_inbox.source_id
    const { body: talk } = await admin.post(`${base}/conversations`, { source_id: source, inbox_id: ids.inboxes })
    const { body: message } = await admin.post(`${base}/conversations/${talk.id}/messages`, {
      content: `${canary} text`,
    })
    const contact: number = made.contact.id
    return {
      contact,
      references: { ...identity, contacts: contact, conversations: talk.id as number, messages: message.id as number },
      canaries: [
        { text: canary, what: 'what another contact is called or said', shownTo: INSIDE },
        { text: source, what: 'the source id of another contact', shownTo: INSIDE },
        { text: made.contact_inbox.pubsub_token ?? source, what: 'the socket of another contact', shownTo: INSIDE },
      ],
    }
  }

  /** In the visitor's own conversation what the visitor may not see, and the tokens of this side. */
  async #hide({ admin, base, ids, account, botToken }: Office): Promise<Canary[]> {
    const [note, activity] = [this.unique('note'), this.unique('activity')]
    const at = `${base}/conversations/${ids.conversations}/messages`
    await admin.post(at, { content: note, private: true })
    const { body: told } = await admin.post(at, { content: activity })
    await this.pool.query('update messages set message_type = 2, sender_id = null, sender_type = null where id = $1', [
      told.id,
    ])
    const { administrator, agent } = account
    const tokenOf = (what: string, text: string, shownTo: Caller[]) => ({ text, what: `the token of ${what}`, shownTo })
    return [
      { text: note, what: 'a private note', shownTo: INSIDE },
      { text: activity, what: 'an activity', shownTo: INSIDE },
      tokenOf('an administrator', administrator.access_token, ['administrator', 'platform']),
      tokenOf('an agent', agent.access_token, ['agent', 'platform']),
      tokenOf('a bot', botToken, ['administrator', 'platform', 'bot']),
    ]
  }

  async #secretsOf({ account, mark, botToken }: Office): Promise<Canary[]> {
    const { rows } = await this.pool.query<{ text: string }>(
      `select pubsub_token as text from users where id = any($2)
       -- The agent may be invited elsewhere, and is known by name there.
       union select name from users where id = $3
       union select pubsub_token from contact_inboxes join contacts c on c.id = contact_id where c.account_id = $1
       union select hmac_token from channel_api where account_id = $1
       union select name from accounts where id = $1`,
      [account.id, [account.administrator.id, account.agent.id], account.administrator.id],
    )
    // With what follows in names and texts: addresses have it too.
    const all = [`${mark} `, botToken, account.administrator.access_token, account.agent.access_token]
    return [...all, ...rows.map(({ text }) => text)]
      .filter(Boolean)
      .map((text) => ({ text, what: 'what only another account knows', shownTo: [] }))
  }

  async #references({ account, ids, texts }: Office): Promise<References> {
    const { rows } = await this.pool.query<References>(
      'select email, phone_number, identifier from contacts where id = $1',
      [ids.contacts],
    )
    return {
      ...ids,
      ...texts,
      ...rows[0],
      accounts: account.id,
      users: account.agent.id,
      person_email: account.agent.email,
    }
  }

  #client(token: string): Client {
    const verb = (method: string) => async (path: string, body?: unknown) => {
      const answer = await fetch(this.server.base + path, {
        method,
        headers: { 'content-type': 'application/json', api_access_token: token },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`)
      return { status: answer.status, headers: answer.headers, text, body: text ? JSON.parse(text) : undefined }
    }
    return { get: verb('GET'), post: verb('POST'), patch: verb('PATCH'), put: verb('PUT'), delete: verb('DELETE') }
  }
}

interface PlatformApp {
  id: number
  token: string
}

async function createPlatformApp(server: RealServer, name: string): Promise<PlatformApp> {
  const { status, stdout, stderr } = await server.command('platform-app', 'create', name, '--json')
  if (status) throw new Error(`platform-app create: ${stderr}`)
  const { id, access_token: token } = JSON.parse(stdout) as { id: number; access_token: string }
  return { id, token }
}

/** A word that nobody else writes. */
export function canaryOf(...words: (string | number)[]): string {
  return `zq${BigInt(`0x${createHash('sha256').update(words.join(' ')).digest('hex').slice(0, 20)}`).toString(36)}`
}
