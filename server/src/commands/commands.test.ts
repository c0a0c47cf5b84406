import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { PROJECT } from '../lib/project.ts'

const PARLEY = join(PROJECT, 'bin/parley')
const folders: string[] = []

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-command-'))
  folders.push(folder)
  return folder
}

const environment = (env: Record<string, string>) => {
  const { DATABASE_URL: _, NODE_ENV: __, ...own } = process.env
  return { ...own, PORT: '0', LOG_LEVEL: 'error', ...env }
}

function parley(args: string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    // From elsewhere: the command finds its files wherever it is called.
    execFile(
      process.execPath,
      [PARLEY, ...args],
      { cwd: tmpdir(), env: environment(env), timeout: 60_000 },
      (error, out, err) => done({ code: error ? Number(error.code) : 0, out, err }),
    )
  })
}

/** A running server, and all it has printed. */
async function start(folder: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [PARLEY, 'start'], {
    cwd: tmpdir(),
    env: environment({ PARLEY_DATA: folder, ...env }),
  })
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  child.stderr.on('data', (chunk) => (said += chunk))
  const hears = (pattern: RegExp) =>
    vi.waitFor(() => pattern.exec(said) ?? Promise.reject(new Error(`${pattern} is not in: ${said}`)), {
      timeout: 60_000,
      interval: 20,
    })
  const stop = async (...signals: NodeJS.Signals[]) => {
    for (const signal of signals) child.kill(signal)
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
    return code as number
  }
  return { hears, stop, said: () => said }
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

describe('the command line', () => {
  it(
    'makes a desk to look at on a first start, works beside the server, and stops in order',
    { timeout: 120_000 },
    async () => {
      const folder = newFolder()
      const server = await start(folder)
      const [, base] = await server.hears(/runs at (\S+)/)
      const [, , agent] = await server.hears(/Tokens +administrator (\w{24}), agent (\w{24})/)
      const [, identifier] = await server.hears(/visitor-chat\/\?inbox=(\w{24})/)
      const [, path, reply] = await server.hears(/curl -X POST \S+?(\/api\S+)[^]*?-d '(.*)'\n/)
      // The line answers the visitor who writes first in the chat that was printed.
      const visitors = `${base}/public/api/v1/inboxes/${identifier}/contacts`
      const made = async (address: string) => (await (await fetch(address, { method: 'POST' })).json()) as any
      const talks = `${visitors}/${(await made(visitors)).source_id}/conversations`
      const { id } = await made(talks)
      const answer = await fetch(base + path!, {
        method: 'POST',
        headers: { api_access_token: agent!, 'content-type': 'application/json' },
        body: reply!,
      })
      expect([answer.status, ((await answer.json()) as any).sender.name]).toEqual([200, 'Sam Agent'])
      const heard = (await (await fetch(`${talks}/${id}/messages`)).json()) as any[]
      expect(heard.map(({ content }) => content)).toContain(JSON.parse(reply!).content)

      const app = await parley(['platform-app', 'create', 'Billing', '--json'], { PARLEY_DATA: folder })
      const { access_token: token } = JSON.parse(app.out) as { access_token: string }
      const accounts = () =>
        fetch(`${base}/platform/api/v1/accounts`, { headers: { api_access_token: token } }).then((all) => all.json())
      expect(await accounts()).toEqual([])
      await parley(['platform-app', 'grant', '2', '--account', '1'], { PARLEY_DATA: folder })
      expect(await accounts()).toMatchObject([{ name: 'Demo desk' }])
      expect((await parley(['start'], { PARLEY_DATA: folder })).err).toMatch(
        /^Another Parley \(process \d+\) is already running on/,
      )

      expect(await server.stop('SIGINT')).toBe(0)
      expect(existsSync(join(folder, 'postgres/postmaster.pid'))).toBe(false)
      const again = await start(folder)
      await again.hears(/runs at/)
      // Ctrl-C on `npm start` comes twice.
      expect(await again.stop('SIGTERM', 'SIGINT')).toBe(0)
      expect(existsSync(join(folder, 'postgres/postmaster.pid'))).toBe(false)
      expect(again.said()).not.toContain('demo desk')
    },
  )

  it('makes nothing in production by itself; setup does, all or nothing', { timeout: 120_000 }, async () => {
    const folder = newFolder()
    const env = { PARLEY_DATA: folder, NODE_ENV: 'production' }
    const server = await start(folder, env)
    const [, base] = await server.hears(/runs at (\S+)\nThere is no account yet: npx parley setup/)
    const wrong = await parley(['setup', '--account', 'x'.repeat(256)], env)
    expect([wrong.code, wrong.err]).toEqual([1, 'Name is too long (maximum is 255 characters)\n'])
    const { out } = await parley(['setup', '--account', 'Acme', '--email', 'Ada@example.test', '--json'], env)
    const { user, platform_app: app } = JSON.parse(out) as any
    const signedIn = await fetch(`${base}/auth/sign_in`, {
      method: 'POST',
      body: new URLSearchParams({ email: 'ada@example.test', password: user.password }),
    })
    expect(((await signedIn.json()) as any).data).toMatchObject({
      id: user.id,
      type: 'SuperAdmin',
      accounts: [{ name: 'Acme', role: 'administrator' }],
    })
    const seen = await fetch(`${base}/platform/api/v1/users/${user.id}`, {
      headers: { api_access_token: app.access_token },
    })
    expect(seen.status).toBe(200)
    expect((await parley(['setup'], env)).err).toContain('is set up already')
    expect(await server.stop('SIGTERM')).toBe(0)
  })

  it('stops in order when it is told to while it still begins', { timeout: 60_000 }, async () => {
    const folder = newFolder()
    const server = await start(folder)
    await server.hears(/Making the database/)
    expect(await server.stop('SIGINT')).toBe(0)
    expect(existsSync(join(folder, 'postgres/postmaster.pid'))).toBe(false)
  })

  it('ends by itself without a server, and leaves none of its own', { timeout: 60_000 }, async () => {
    const folder = newFolder()
    expect(await parley(['migrate', '--json'], { PARLEY_DATA: folder })).toEqual({
      code: 0,
      out: '{"migrated":true}\n',
      err: '',
    })
    const { out } = await parley(['doctor', '--json'], { PARLEY_DATA: folder })
    expect(JSON.parse(out)).toMatchObject({ ok: true })
    expect(existsSync(join(folder, 'postgres/postmaster.pid'))).toBe(false)
  })

  it(
    'finds files without a row, moves them out of the way, and finds rows without a file',
    { timeout: 90_000 },
    async () => {
      const folder = newFolder()
      const server = await start(folder)
      const [, base] = await server.hears(/runs at (\S+)/)
      const [, identifier] = await server.hears(/visitor-chat\/\?inbox=(\w{24})/)
      const visitors = `${base}/public/api/v1/inboxes/${identifier}/contacts`
      const post = async (address: string, body?: FormData) =>
        (await (await fetch(address, { method: 'POST', ...(body && { body }) })).json()) as any
      const talks = `${visitors}/${(await post(visitors)).source_id}/conversations`
      const form = new FormData()
      for (const name of ['a.txt', 'b.txt']) form.append('attachments[]', new Blob(['words']), name)
      await post(`${talks}/${(await post(talks)).id}/messages`, form)
      const storage = join(folder, 'storage')
      const filesIn = (place: string) =>
        readdirSync(place, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
      const look = async (...more: string[]) => {
        const { out } = await parley(['doctor', '--json', ...more], { PARLEY_DATA: folder })
        const { checks } = JSON.parse(out) as { checks: { check: string; ok: boolean; detail: string }[] }
        return checks.filter(({ check }) => /files/i.test(check)).map(({ check, ok, detail }) => [check, ok, detail])
      }
      const count = filesIn(storage).length
      const whole = `${count}, each with its row`
      expect(await look()).toEqual([['Files', true, whole]])
      const old = new Date(Date.now() - 2 * 60 * 60 * 1000)
      for (const name of ['lost', 'half.0123456789ab', 'young']) writeFileSync(join(storage, name), 'words')
      for (const name of ['lost', 'half.0123456789ab']) utimesSync(join(storage, name), old, old)
      expect(await look()).toEqual([
        ['Files', true, expect.stringMatching(/^2 \(0\.0 MB\) belong to no row.*parley doctor --set-aside/)],
      ])
      expect(await look('--set-aside')).toEqual([
        ['Files', true, expect.stringMatching(/^2 that belong to no row are now in/)],
      ])
      expect(readdirSync(join(folder, 'lost-files')).sort()).toEqual(['half.0123456789ab', 'lost'])
      expect(await look()).toEqual([['Files', true, whole]])
      const { parentPath, name: key } = filesIn(storage).find(({ name }) => name !== 'young')!
      rmSync(join(parentPath, key))
      const missing = ['Missing files', false, expect.stringMatching(new RegExp(`^1 rows? .*backup \\(${key}\\)$`))]
      expect(await look()).toEqual([['Files', true, `${count - 1}, each with its row`], missing])
      expect(await server.stop('SIGTERM')).toBe(0)
    },
  )

  it.each([
    [['bogus'], 'There is no command "bogus": parley --help lists them.\n'],
    [
      ['platform-app'],
      'There is no command "platform-app": there are platform-app create, platform-app grant, platform-app list.\n',
    ],
    [['start', '--bogus'], "Unknown option '--bogus'.\n"],
    [['account', 'create', 'Foo', 'Inc'], 'needs quotes'],
    [['user', 'create', '--name', 'Ada'], 'Give --name and --email.'],
    [['platform-app', 'grant', '1', '--account', '1', '--account', '2'], '--account was given twice.\n'],
    [['platform-app', 'grant', '1', '--account', '99999999999'], '--account must be the number of a record.\n'],
  ])('tells what is wrong with %j in words', async (args, text) => {
    const { code, out, err } = await parley(args, { PARLEY_DATA: newFolder() })
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(text)
    expect(err).not.toMatch(/\n +at /)
  })

  it('looks without making anything', async () => {
    const folder = join(newFolder(), 'typo')
    const { code, out } = await parley(['doctor', '--json', '--data', folder])
    expect([code, JSON.parse(out).ok, existsSync(folder)]).toEqual([1, false, false])
    const away = await parley(['doctor', '--json'], {
      DATABASE_URL: 'postgres://localhost:1/x',
      PARLEY_DATA: newFolder(),
    })
    expect(JSON.parse(away.out).checks).toContainEqual({
      check: 'PostgreSQL',
      ok: false,
      detail: expect.stringContaining('cannot be reached'),
    })
  })

  it('takes no folder that it cannot use, and no secret that was cut off', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'file'), '')
    const { code, err } = await parley(['start', '--data', join(folder, 'file/data')])
    expect([code, err]).toEqual([1, expect.stringMatching(/^The data folder .* cannot be used \(ENOTDIR\): .*\n$/)])
    writeFileSync(join(folder, 'secret_key_base'), '')
    expect((await parley(['start', '--data', folder])).err).toMatch(
      /secret_key_base is too short: it must have at least 30 characters\.\n$/,
    )
  })

  it('tells all that is wrong with the settings at once', async () => {
    const { code, err } = await parley(['start'], {
      PORT: 'abc',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://x',
      TRUST_PROXY: '10.0.0.1, somebody',
      PARLEY_DATA: newFolder(),
    })
    expect(code).toBe(1)
    for (const name of ['PORT', 'LOG_LEVEL', 'DATABASE_URL', 'TRUST_PROXY']) expect(err).toContain(`${name}=`)
    const away = await parley(['start'], { DATABASE_URL: 'postgres://localhost:1/x', PARLEY_DATA: newFolder() })
    expect(away.err).toMatch(/^The database of DATABASE_URL cannot be reached: .*ECONNREFUSED.*\.\n$/)
  })
})
