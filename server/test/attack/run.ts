// `npm run attack`: everything that the reference declares is sent by everybody with everything in it, to a server of its own.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { connectEmbedded } from '../../src/db/embedded.ts'
import { PROJECT } from '../../src/lib/project.ts'
import { realServer, type RealServer } from '../support/server.ts'
import { Attack } from './attack.ts'
import { beginAudit } from './audit.ts'
import { readTargets, type Target } from './operations.ts'
import { Builder } from './world.ts'

const HELP = `npm run attack -- [options]

Starts a server with two accounts, sends it what nobody means well, and says what should not have come of it:
an answer of 5xx, a row or a word of somebody else, an undeclared field that was kept, a stall of more than 50 ms,
memory that is not given back, a file without a row.

  --minutes NUMBER   How long to send (default 1)
  --seed TEXT        What chance grows from; the one of a failed run sends the same again (default: another one each time)
  --only WORD        Only operations whose id or path contains it
  --part WORD        Only the parts of the attack whose name contains it
  --server FOLDER    Another checkout to attack
  --keep             Leave the server running when something was found, so that the lines of curl can be tried
  --help             This text`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: Date.now().toString(36) },
    only: { type: 'string', default: '' },
    part: { type: 'string', default: '' },
    server: { type: 'string', default: PROJECT },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
})

async function main(): Promise<number> {
  if (values.help) return (say(HELP), 0)
  const { seed } = values
  const minutes = Number(values.minutes)
  if (!(minutes > 0)) return (say(`--minutes ${values.minutes} is no length of time\n\n${HELP}`), 2)
  const project = resolve(values.server)
  say(`Attacking for ${minutes} minute${minutes === 1 ? '' : 's'}, with --seed ${seed}`)
  const folder = mkdtempSync(join(tmpdir(), 'parley-attack-'))
  const env = { ENABLE_ACCOUNT_SIGNUP: 'true', ENABLE_RACK_ATTACK: 'false', NODE_OPTIONS: '--inspect-port=0' }
  const server = await realServer(folder, env, project)
  // It would outlive this process.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void server.stop().then(() => process.exit(1)))
  try {
    await server.start()
    return await attack({
      server,
      folder,
      minutes,
      targets: readTargets(JSON.parse(readFileSync(join(project, 'openapi.json'), 'utf8'))),
    })
  } finally {
    await server.stop()
  }
}

async function attack({
  server,
  folder,
  minutes,
  targets,
}: {
  server: RealServer
  folder: string
  minutes: number
  targets: Target[]
}): Promise<number> {
  const { seed, only, part } = values
  const { connection } = await connectEmbedded({ folder })
  const pool = new pg.Pool({ ...connection, max: 2, options: '-c synchronous_commit=off' })
  try {
    await beginAudit(pool)
    const builder = await Builder.begin(server, pool, seed)
    const attack = new Attack({ server, pool, builder, targets, seed, only, part, folder, say })
    await attack.begin()
    await attack.run(Date.now() + minutes * 60_000).catch((error: unknown) => {
      say(`The server is gone. It said: ${server.output().slice(-4000)}`)
      throw error
    })
    const found = await attack.end()
    if (!found) return (say('Nothing was found.'), rmSync(folder, { recursive: true, force: true }), 0)
    say(`\n${found} found. The same again: npm run attack -- --seed ${seed} --minutes ${minutes}`)
    if (values.keep) {
      say(`The server runs on at ${server.base}, in ${folder}, until this is stopped.`)
      await new Promise(() => {})
    }
    return 1
  } finally {
    await pool.end()
  }
}

function say(text: string): void {
  console.log(text)
}

process.exitCode = await main()
