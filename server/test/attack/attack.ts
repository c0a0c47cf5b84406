import { readdirSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { RealServer } from '../support/server.ts'
import { takeSeen } from './audit.ts'
import {
  hostileShot,
  plainShot,
  referringPlaces,
  referTo,
  renewed,
  spoiltShot,
  withPicture,
  type Ground,
  type Shot,
} from './generate.ts'
import { BOMBS, FRAMINGS, LIQUID, SMALL } from './hostile.ts'
import { faultsOf, type Fault } from './judge.ts'
import { isBag, isFile, type Target } from './operations.ts'
import { chanceOf } from './random.ts'
import { createSender, curlOf, now, type Outcome } from './send.ts'
import { bags, claims, grow, takeHold } from './sequences.ts'
import { bare, shrink } from './shrink.ts'
import { memoryOf, STALL, watchStalls, type Memory } from './watch.ts'
import { CALLERS, SIDES, type Builder, type Caller, type References, type World } from './world.ts'

interface Options {
  server: RealServer
  pool: Pool
  builder: Builder
  targets: Target[]
  seed: string
  /** Only operations with this word in their id or path. */
  only: string
  /** Only phases with this word in their name. */
  part: string
  folder: string
  say: (text: string) => void
}

interface Sent {
  shot: Shot
  from: number
  until: number
  /** CPU of the server's main thread when it began. */
  work: number
}

/** So many requests go by between two looks at whether those who attack still can. */
const CHECK_EVERY = 80
/** Answers of this many bytes say that what is attacked from has swollen. */
const SWOLLEN = 1_000_000
/** Milliseconds that are left to chance, however long the rest took. */
const LEAST = 15_000
/** How much more may be in use in the end than after everything was asked for once. */
const GROWTH = 1.2
/** They need a session, or what a mail brings. */
const BY_SESSION = /^(sessions|token_validations|registrations|confirmations)\./
const ABSENT = { number: 2_147_483_000, text: 'nobody-has-this' }

/** Sends, looks at what came of it, and keeps what should not have. */
export class Attack {
  readonly #options: Options
  readonly #targets: Target[]
  readonly #sender: ReturnType<typeof createSender>
  readonly #stalls: ReturnType<typeof watchStalls>
  readonly #found = new Map<string, string>()
  readonly #suspects = new Map<string, Shot>()
  readonly #lately: Sent[] = []
  /** What was sent with files since they were counted last, and the files without a row then. */
  #withFiles: Shot[] = []
  readonly #orphans = new Set<string>()
  /** Operations that did something for somebody. */
  readonly #entered = new Set<string>()
  readonly #ground: Ground = { references: (caller, side) => this.#references(caller, side), columns: {} }
  #world!: World
  #warm: Memory | undefined
  #count = 0
  /** What is attacked, or what is attacked from, is to be made anew. */
  #isSpoilt = false
  #isStale = false

  constructor(options: Options) {
    const { server, targets, only } = options
    this.#options = options
    this.#targets = targets.filter(({ id, path }) => id.includes(only) || path.includes(only))
    this.#sender = createSender(server.base, ({ caller }) => this.#world.headers[caller])
    this.#stalls = watchStalls(server)
  }

  async begin(): Promise<void> {
    const { rows } = await this.#options.pool.query<{ name: string; type: string }>(
      `select column_name as name, min(data_type) as type from information_schema.columns where table_schema = 'public' group by 1 order by 1`,
    )
    this.#ground.columns = Object.fromEntries(rows.map(({ name, type }) => [name, type]))
    await this.#rebuild()
  }

  /** First what everything does when it is used as it is meant, by everybody; then what is known to be wicked; then by chance. */
  async run(until: number): Promise<void> {
    const everybody = () => this.#everybody()
    const phases: [string, () => Promise<void>][] = [
      ['everybody everywhere', everybody],
      ['values of every kind', () => this.#values()],
      ["claims of what is somebody else's", () => this.#claims()],
      ['bags that are filled', () => this.#growth()],
      ['bodies that cost', () => this.#bombs()],
      ['broken HTTP', () => this.#framings()],
      ['chance', () => this.#chance(Math.max(until, Date.now() + LEAST))],
    ]
    for (const [name, phase] of phases.filter(([name]) => name.includes(this.#options.part))) {
      const [start, count] = [now(), this.#count]
      await phase()
      await this.#confirm()
      if (phase === everybody) await this.#proveEntered()
      this.#options.say(`  ${name}: ${this.#count - count} requests in ${((now() - start) / 1000).toFixed(1)} s`)
      this.#warm ??= await memoryOf(this.#options.server)
    }
  }

  /** What is left behind; answers how much was found. */
  async end(): Promise<number> {
    const { server, say } = this.#options
    await this.#settle(20)
    await this.#confirm()
    this.#stalls.stop()
    this.#sender.close()
    await sleep(1500)
    const memory = await memoryOf(server)
    const warm = this.#warm!
    const inMegabytes = ({ heap, resident }: Memory) =>
      `${(heap / 1e6).toFixed(0)} MB in use (${(resident / 1e6).toFixed(0)} resident)`
    say(
      `  memory: ${inMegabytes(warm)} after the first round, ${inMegabytes(memory)} in the end, both after collecting`,
    )
    if (memory.heap > warm.heap * GROWTH)
      this.#keep('memory', `memory grew from ${inMegabytes(warm)} to ${inMegabytes(memory)}`)
    return this.#found.size
  }

  /** Waits until nothing is due any more. */
  async #settle(seconds: number): Promise<void> {
    for (const end = now() + seconds * 1000; now() < end; await sleep(10)) {
      const { rows } = await this.#options.pool.query<{ due: boolean }>(
        'select exists (select 1 from parley_jobs._private_jobs where run_at <= now() and attempts < max_attempts) as due',
      )
      if (!rows[0]!.due) return
    }
  }

  async #everybody(): Promise<void> {
    // What takes away comes last, and of that what takes away most.
    const rank = ({ id, method, path }: Target) =>
      method === 'DELETE' ? 100 - path.split('/').length : Number(/destroy|reset/.test(id))
    const inOrder = [...this.#targets].sort((a, b) => rank(a) - rank(b))
    const chance = chanceOf(this.#options.seed, 'everybody')
    for (const target of inOrder) {
      for (const caller of callersOf(target)) {
        const sides = mayCall(target, caller) ? SIDES : [chance.pick(['own', 'foreign'] as const)]
        for (const side of sides) await this.#alone(plainShot(target, caller, side, this.#ground))
      }
    }
  }

  /** An attack that is turned away at the door finds nothing: what others took away before is there again, and then somebody gets in. */
  async #proveEntered(): Promise<void> {
    for (const target of this.#targets) {
      if (this.#entered.has(target.id) || BY_SESSION.test(target.id)) continue
      await this.#rebuild()
      for (const caller of callersOf(target).filter((one) => mayCall(target, one)))
        await this.#play(plainShot(target, caller, 'own', this.#ground))
      if (!this.#entered.has(target.id))
        this.#keep(`closed ${target.id}`, `nobody got into ${target.id}: the attack is blind there`)
    }
  }

  /** Each declared place once with an object that is no text, and some with something else that is wrong. */
  async #values(): Promise<void> {
    const chance = chanceOf(this.#options.seed, 'values')
    for (const target of this.#targets) {
      const callers = callersOf(target).filter((one) => mayCall(target, one))
      if (target.places.some(isFile)) await this.#refused(target, chance.pick(callers))
      for (const place of target.places) {
        const caller = chance.pick(callers)
        const others = [...(chance.once(2) ? [chance.pick(SMALL)] : []), ...(isBag(place) ? [chance.pick(LIQUID)] : [])]
        for (const value of ['{"toString":1}', ...others])
          await this.#alone(spoiltShot(target, place, value, caller, this.#ground))
        if (target.places.some(isFile) && chance.once(2)) {
          const shot = spoiltShot(target, place, chance.pick(SMALL), caller, this.#ground)
          await this.#alone(withPicture(shot, target))
        }
      }
    }
  }

  /** A file beside what is refused late: a record that is not there, another file that is none. */
  async #refused(target: Target, caller: Caller): Promise<void> {
    const file = target.places.findLast(isFile)!
    await this.#alone(withPicture(spoiltShot(target, file, '"no file"', caller, this.#ground), target))
    for (const place of referringPlaces(target)) {
      for (const side of ['foreign', 'absent'] as const) {
        const shot = plainShot(target, caller, 'own', this.#ground)
        await this.#alone(withPicture(referTo(shot, target, place, this.#ground.references(caller, side)), target))
      }
    }
  }

  async #claims(): Promise<void> {
    for (const { target, place } of claims(this.#targets)) {
      for (const caller of callersOf(target).filter((one) => mayCall(target, one))) {
        if (this.#isStale) await this.#look()
        await takeHold(this.#play, this.#options.targets, target, place, caller, this.#ground)
      }
    }
  }

  async #growth(): Promise<void> {
    for (const { target, place } of bags(this.#targets)) {
      for (const caller of callersOf(target)
        .filter((one) => mayCall(target, one))
        .slice(0, 1)) {
        if (this.#isStale) await this.#look()
        const { sent, answered, last } = await grow(this.#play, target, place, caller, this.#ground)
        if (sent > SWOLLEN && answered > sent * 0.8)
          await this.#report(
            {
              kind: 'grows',
              key: String(place.path[0]),
              what: `${sent} bytes were put into ${place.path.join('.')}, and all of them come back`,
            },
            last,
          )
      }
    }
  }

  async #bombs(): Promise<void> {
    const chance = chanceOf(this.#options.seed, 'bombs')
    const writing = this.#targets.filter((one) => one.places.length && one.method !== 'DELETE')
    for (const raw of BOMBS) {
      for (const caller of ['visitor', 'stranger', 'administrator', 'platform'] as const) {
        const open = writing.filter((one) => callersOf(one).includes(caller) && mayCall(one, caller))
        const bags = open.filter(({ places }) => places.some(({ path }) => path[0] === 'custom_attributes'))
        if (open.length)
          await this.#alone({
            ...plainShot(chance.pick(bags.length && chance.once(2) ? bags : open), caller, 'own', this.#ground),
            raw,
          })
      }
    }
  }

  async #framings(): Promise<void> {
    const { server } = this.#options
    const chance = chanceOf(this.#options.seed, 'framings')
    for (const [what, text] of FRAMINGS) {
      const target = chance.pick(this.#targets)
      const shot = plainShot(target, chance.pick(callersOf(target)), 'own', this.#ground)
      const headers = Object.entries(this.#world.headers[shot.caller]).map(([name, value]) => `${name}: ${value}\r\n`)
      const answer = await this.#sender.sendBytes(
        text.replaceAll('PATH', shot.path).replace('HEADERS', headers.join('')),
      )
      this.#count++
      if (/^HTTP\/1.1 5(?!0[15])/.test(answer)) this.#keep(`framing ${what}`, `${what} → ${answer.slice(0, 60)}`)
      const isWell = await fetch(`${server.base}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
      if (!isWell) this.#keep(`framing ${what}`, `${what} → the server is gone`)
    }
  }

  async #chance(until: number): Promise<void> {
    for (let round = 0; Date.now() < until; round++) {
      for (const target of this.#targets) {
        if (Date.now() > until) return
        const chance = chanceOf(this.#options.seed, round, target.id)
        const open = callersOf(target).filter((caller) => mayCall(target, caller))
        const caller = chance.pick(chance.once(5) || !open.length ? callersOf(target) : open)
        await this.#alone(hostileShot(target, caller, this.#ground, chance))
      }
      await this.#confirm()
    }
  }

  /** Between two that have nothing to do with one another. */
  async #alone(shot: Shot): Promise<void> {
    if (this.#isStale || this.#count % CHECK_EVERY === 0) await this.#look()
    await this.#play(shot)
  }

  #play = async (shot: Shot): Promise<Outcome> => {
    this.#count++
    const work = this.#stalls.work()
    const outcome = await this.#sender.send(shot)
    this.#lately.push({ shot, from: outcome.from, until: outcome.until, work })
    if (this.#lately.length > 50) this.#lately.shift()
    this.#noteStalls()
    if (shot.files.length) this.#withFiles.push(shot)
    if (outcome.status < 400 || outcome.status === 422) this.#entered.add(shot.target)
    // What is done later comes of this one, too.
    if (shot.method !== 'GET' && outcome.status < 300) await this.#settle(2)
    const seen = await takeSeen(this.#options.pool)
    const faults = faultsOf(shot, this.#target(shot), outcome, seen, this.#world.canaries)
    for (const fault of faults.length && (await this.#isPromoted(shot)) ? [] : faults) {
      if (this.#found.has(keyOf(fault, shot))) continue
      if (fault.kind === 'foreign') this.#isSpoilt = true
      await this.#report(fault, shot)
    }
    // What was once let in, by whatever right, would hide what else lets in; and whoever has swollen holds up whatever shows them.
    if (outcome.text.length > SWOLLEN || seen.some(({ why }) => why === 'foreign')) this.#isStale = true
    return outcome
  }

  /** An agent whom an administrator made one of theirs may see and do more, until everything is made anew. */
  async #isPromoted({ caller }: Shot): Promise<boolean> {
    if (caller !== 'agent') return false
    const { account, user } = this.#world.agent
    const { rowCount } = await this.#options.pool.query(
      'select from account_users where account_id = $1 and user_id = $2 and role <> 0',
      [account, user],
    )
    this.#isStale ||= rowCount !== 0
    return rowCount !== 0
  }

  #target = (shot: Shot): Target => this.#options.targets.find(({ id }) => id === shot.target)!

  /** The smallest request that does the same, as it is sent by hand. */
  async #report(fault: Fault, shot: Shot): Promise<void> {
    const key = keyOf(fault, shot)
    if (this.#found.has(key)) return
    this.#found.set(key, '')
    const repeats = (smaller: Shot) => this.#repeats(fault, renewed(smaller))
    // A row that bears the traces once would be found whatever is sent.
    const isTraced = !['answer', 'shown', 'stall'].includes(fault.kind) && (await repeats(bare(shot)))
    const smallest = isTraced ? shot : await shrink(shot, repeats)
    this.#found.delete(key)
    this.#keep(key, `${fault.what}${this.#told(smallest)}`)
  }

  /** Who sent what, and how it is sent again by hand. */
  #told(shot: Shot): string {
    const { server, folder } = this.#options
    const curl = curlOf(shot, server.base, this.#world.headers[shot.caller], folder, this.#found.size)
    return `\n    ${shot.target} by ${shot.caller}${shot.raw ? `: ${shot.raw.what}` : ''}\n    ${curl}`
  }

  async #repeats(fault: Fault, shot: Shot): Promise<boolean> {
    if (fault.kind === 'grows') return false
    if (fault.kind === 'stall') return (await this.#stallOf(shot, 2)) > STALL
    const outcome = await this.#sender.send(shot)
    const faults = faultsOf(shot, this.#target(shot), outcome, await takeSeen(this.#options.pool), this.#world.canaries)
    return faults.some(({ kind, key }) => kind === fault.kind && key === fault.key)
  }

  #keep(key: string, text: string): void {
    if (this.#found.has(key)) return
    this.#found.set(key, text)
    this.#options.say(`\nFOUND ${text}`)
  }

  /** A ping that took long makes suspect what was under way, where the server did work meanwhile. */
  #noteStalls(): void {
    for (const ping of this.#stalls.take()) {
      const meanwhile = this.#lately.filter(({ from, until }) => from < ping.until && until + STALL > ping.from)
      const [first] = meanwhile
      if (!first || this.#stalls.work() - first.work < STALL * 0.8) continue
      for (const { shot } of meanwhile) this.#suspects.set(shot.raw?.what ?? shot.target, shot)
    }
  }

  /** What came of the latest requests together. Only what holds the server up when it is sent alone, each time, does so. */
  async #confirm(): Promise<void> {
    await sleep(STALL)
    this.#noteStalls()
    for (const [, shot] of this.#suspects) {
      const fault: Fault = { kind: 'stall', key: shot.raw?.what ?? '', what: '' }
      if (this.#found.has(keyOf(fault, shot))) continue
      const stall = await this.#stallOf(shot, 4)
      if (stall > STALL)
        await this.#report({ ...fault, what: `the server looked at nothing else for ${stall.toFixed(0)} ms` }, shot)
    }
    this.#suspects.clear()
    await this.#countFiles()
    this.#stalls.take()
    await takeSeen(this.#options.pool)
  }

  /** The best of a few: what is compiled or collected the first time is not for the sender to choose. */
  async #stallOf(shot: Shot, tries: number): Promise<number> {
    let stall = Infinity
    for (; tries > 0 && stall > STALL; tries--)
      stall = Math.min(stall, await this.#stalls.of(() => this.#sender.send(shot)))
    return stall
  }

  /** Those who attack need their tokens and records: what they have broken of their own is made anew. */
  async #look(): Promise<void> {
    const { headers, references } = this.#world
    const {
      accounts,
      inboxes,
      contacts,
      conversations,
      teams,
      labels,
      agent_bots: bots,
      inbox_identifier: inbox,
      portal_id: portal,
      source_id: source,
    } = references.own
    const base = `/api/v1/accounts/${accounts}`
    const asked: [Caller, string][] = [
      ['administrator', `${base}/inboxes/${inboxes}`],
      ['administrator', `${base}/teams/${teams}`],
      ['administrator', `${base}/labels/${labels}`],
      ['administrator', `${base}/agent_bots/${bots}`],
      ['administrator', `${base}/portals/${portal}`],
      ['agent', `${base}/contacts/${contacts}`],
      ['agent', `${base}/conversations/${conversations}`],
      ['visitor', `/public/api/v1/inboxes/${inbox}/contacts/${source}`],
      ['platform', `/platform/api/v1/accounts/${accounts}`],
      ['outsider', '/api/v1/profile'],
    ]
    const isWell = await Promise.all(
      asked.map(
        async ([caller, path]) => (await fetch(this.#options.server.base + path, { headers: headers[caller] })).ok,
      ),
    )
    if (this.#isStale || isWell.includes(false)) await this.#rebuild()
  }

  async #rebuild(): Promise<void> {
    this.#world = await this.#options.builder.build(this.#isSpoilt)
    this.#isSpoilt = this.#isStale = false
    await takeSeen(this.#options.pool)
  }

  #references(caller: Caller, side: 'own' | 'foreign' | 'absent'): References {
    const { references, visitorReferences } = this.#world
    const known = caller === 'visitor' ? visitorReferences : references
    if (side !== 'absent') return known[side]
    const entries = Object.entries(known.own).map(([name, value]): [string, string | number] => [
      name,
      typeof value === 'number' ? ABSENT.number : name.includes('email') ? `${ABSENT.text}@example.test` : ABSENT.text,
    ])
    // Below an account that is there.
    return {
      ...Object.fromEntries(entries),
      accounts: known.own.accounts!,
      inbox_identifier: known.own.inbox_identifier!,
    }
  }

  /** Files without a row, though nothing is due any more; and which request leaves one, sent alone. */
  async #countFiles(): Promise<void> {
    const sent = this.#withFiles
    this.#withFiles = []
    if (!(await this.#newOrphans()).length) return
    for (const shot of sent) {
      await this.#sender.send(renewed(shot))
      const [file] = await this.#newOrphans()
      if (file)
        return this.#keep(`file ${shot.target}`, `a file without a row is left behind: ${file}${this.#told(shot)}`)
    }
    this.#keep(
      'file',
      `files without a row are left behind, by one of ${new Set(sent.map(({ target }) => target)).size} operations`,
    )
  }

  async #newOrphans(): Promise<string[]> {
    await this.#settle(5)
    const storage = join(this.#options.folder, 'storage')
    const entries = existsSync(storage) ? readdirSync(storage, { recursive: true, withFileTypes: true }) : []
    const { rows } = await this.#options.pool.query<{ key: string }>('select key from active_storage_blobs')
    const held = new Set(rows.map(({ key }) => key))
    const orphans = entries.flatMap((entry) =>
      entry.isFile() && !held.has(entry.name) && !this.#orphans.has(entry.name) ? [entry.name] : [],
    )
    for (const file of orphans) this.#orphans.add(file)
    return orphans
  }
}

/** What one body does wherever it is sent is one fault. */
const keyOf = (fault: Fault, shot: Shot) =>
  `${fault.kind} ${fault.kind === 'stall' && shot.raw ? '' : shot.target} ${fault.key}`

/** Who sends an operation: behind the addresses of visitors it is the path that says who. */
function callersOf(target: Target): Caller[] {
  if (isVisitors(target)) return ['visitor']
  return CALLERS.filter((caller) => caller !== 'visitor')
}

const isVisitors = ({ path }: Target) => /^\/(public|survey|hc)\//.test(path)

/** Whom an operation may welcome; nobody is trusted with this, it only says what is worth trying often. */
function mayCall(target: Target, caller: Caller): boolean {
  if (target.isPublic) return caller === 'visitor' || caller === 'stranger'
  if (target.isPlatform) return caller === 'platform'
  return caller === 'administrator' || caller === 'agent' || caller === 'bot'
}
