import { randomBytes } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { isIP } from 'node:net'
import { dirname, join, resolve } from 'node:path'

export interface Config {
  environment: 'production' | 'development' | 'test'
  host: string
  port: number
  /** Where the embedded database, the files and the generated secret live. */
  dataFolder: string
  /** The public address, without a trailing slash. */
  frontendUrl: string
  secretKeyBase: string
  /** Absent: the embedded PostgreSQL in the data folder. */
  databaseUrl: string | undefined
  databasePool: number
  /** What this process does. */
  run: Set<'web' | 'cable' | 'worker'>
  logLevel: string
  accountSignup: boolean
  apiCors: boolean
  /** What a visitor is shown of the contact whose address they say without a proof: nothing of it, or, as in Chatwoot, everything. */
  unverifiedContactMerge: 'hidden' | 'chatwoot'
  /** Whose X-Forwarded-For is believed: nobody's, that of addresses separated by commas, or true: of whoever calls, what they added last. */
  trustProxy: boolean | string
  /** Shown as the support e-mail of accounts that set none. */
  mailerSender: string | null
  webhook: { allowPrivateNetwork: boolean; timeout: number }
  rateLimits: { enabled: boolean; perMinute: number; allowedAddresses: string[] }
  /** Milliseconds for which a token is known without asking the database; tests write around the server, so none there. */
  signInMemory: number
  /** Milliseconds that clients have to let go of their connections when the server stops. */
  drain: number
  conversationsPerPage: number
  messagesPerMinute: number
  /** In bytes. */
  maximumUpload: number
}

export class ConfigError extends Error {}

type Environment = Record<string, string | undefined>

/** The only reader of the environment. Throws one ConfigError that lists every wrong value. */
export function readConfig(env: Environment, overrides: { port?: string; host?: string; data?: string } = {}): Config {
  const problems: string[] = []
  const wrong = (name: string, value: string, wanted: string) => {
    problems.push(`${name}=${value} is wrong: ${wanted}.`)
  }
  const text = (name: string) => env[name]?.trim() || undefined
  const number = (name: string, fallback: number, [low, high]: [number, number], value = text(name)) => {
    if (value === undefined) return fallback
    const read = Number(value)
    if (Number.isInteger(read) && read >= low && read <= high) return read
    wrong(name, value, `it must be a whole number from ${low} to ${high}`)
    return fallback
  }
  const choice = (name: string, fallback: boolean) => {
    const value = text(name)
    if (value === undefined) return fallback
    if (/^(true|1|yes|on)$/i.test(value)) return true
    if (/^(false|0|no|off)$/i.test(value)) return false
    wrong(name, value, 'it must be true or false')
    return fallback
  }
  /** The first is the default. */
  const oneOf = <Value extends string>(name: string, values: readonly [Value, ...Value[]]): Value => {
    const value = text(name)
    const known = values.find((one) => one === value)
    if (value !== undefined && !known) wrong(name, value, `it must be ${values.join(' or ')}`)
    return known ?? values[0]
  }
  const address = (name: string, protocols: string[]) => {
    const value = text(name)
    if (value === undefined) return undefined
    if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value.replace(/\/+$/, '')
    wrong(
      name,
      name === 'DATABASE_URL' ? '…' : value,
      `it must be an address that begins with ${protocols.join('// or ')}//`,
    )
    return undefined
  }

  const proxies = () => {
    const value = text('TRUST_PROXY') ?? 'false'
    if (value === 'true' || value === 'false') return value === 'true'
    const isKnown = (one: string) => PROXY_NAMES.includes(one) || isIP(one.replace(/\/\d{1,3}$/, '')) !== 0
    if (!value.split(',').every((one) => isKnown(one.trim())))
      wrong('TRUST_PROXY', value, 'it must be true, false, or addresses separated by commas')
    return value
  }

  const environment = text('NODE_ENV') ?? 'development'
  if (!isEnvironment(environment)) wrong('NODE_ENV', environment, 'it must be production, development or test')
  const port = number('PORT', 3000, [0, 65535], overrides.port ?? text('PORT'))
  const host = overrides.host ?? text('HOST') ?? '127.0.0.1'
  const dataFolder = resolve(overrides.data ?? text('PARLEY_DATA') ?? 'data')
  const run = (text('PARLEY_RUN') ?? 'web,cable,worker').split(',').map((part) => part.trim())
  for (const part of run) if (!isPart(part)) wrong('PARLEY_RUN', part, 'its parts are web, cable and worker')
  const config: Config = {
    environment: isEnvironment(environment) ? environment : 'development',
    host,
    port,
    dataFolder,
    frontendUrl:
      address('FRONTEND_URL', ['http:', 'https:']) ?? `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`,
    secretKeyBase: text('SECRET_KEY_BASE') ?? '',
    databaseUrl: address('DATABASE_URL', ['postgres:', 'postgresql:']),
    databasePool: number('DATABASE_POOL', 5, [2, 100]),
    run: new Set(run.filter(isPart)),
    logLevel: text('LOG_LEVEL') ?? 'info',
    accountSignup: choice('ENABLE_ACCOUNT_SIGNUP', false),
    apiCors: choice('ENABLE_API_CORS', false),
    unverifiedContactMerge: oneOf('UNVERIFIED_CONTACT_MERGE', ['hidden', 'chatwoot']),
    trustProxy: proxies(),
    mailerSender: text('MAILER_SENDER_EMAIL') ?? null,
    webhook: {
      allowPrivateNetwork: choice('WEBHOOK_ALLOW_PRIVATE_NETWORK', false),
      timeout: number('WEBHOOK_TIMEOUT', 5, [0, 120]) * 1000 || 5000,
    },
    rateLimits: {
      enabled: choice('ENABLE_RACK_ATTACK', true),
      perMinute: number('RACK_ATTACK_LIMIT', 3000, [1, 10_000_000]),
      allowedAddresses: [
        '127.0.0.1',
        '::1',
        ...(text('RACK_ATTACK_ALLOWED_IPS') ?? '').split(',').map((ip) => ip.trim()),
      ],
    },
    signInMemory: environment === 'test' ? 0 : 1000,
    drain: environment === 'test' ? 0 : 1000,
    conversationsPerPage: number('CONVERSATION_RESULTS_PER_PAGE', 25, [1, 1000]),
    messagesPerMinute: number('CONVERSATION_MESSAGE_PER_MINUTE_LIMIT', 200, [1, 1_000_000]),
    maximumUpload: number('MAXIMUM_FILE_UPLOAD_SIZE', 40, [1, 10_000]) * 1024 * 1024,
  }
  if (!LOG_LEVELS.includes(config.logLevel))
    wrong('LOG_LEVEL', config.logLevel, `it must be one of ${LOG_LEVELS.join(', ')}`)
  if (config.secretKeyBase && config.secretKeyBase.length < SECRET_LENGTH) {
    problems.push(`SECRET_KEY_BASE is too short: give at least ${SECRET_LENGTH} characters.`)
  }
  if (problems.length) throw new ConfigError(problems.join('\n'))
  return config
}

/** Without SECRET_KEY_BASE: the secret kept in the data folder, made on the first start. */
export function keepSecret(config: Config): Config {
  makeFolder(config.dataFolder)
  if (config.secretKeyBase) return config
  const file = join(config.dataFolder, 'secret_key_base')
  if (!existsSync(file)) makeSecret(file)
  const secretKeyBase = readFileSync(file, 'utf8').trim()
  if (secretKeyBase.length < SECRET_LENGTH)
    throw new ConfigError(`${file} is too short: it must have at least ${SECRET_LENGTH} characters.`)
  return { ...config, secretKeyBase }
}

/** Whole or not at all, and once for all who begin at the same time. */
function makeSecret(file: string): void {
  const beside = `${file}.${process.pid}`
  try {
    writeFileSync(beside, randomBytes(64).toString('hex'), { mode: 0o600 })
    linkSync(beside, file)
  } catch (error) {
    if (!existsSync(file)) throw new ConfigError(`${file} cannot be made: ${(error as Error).message}.`)
  } finally {
    rmSync(beside, { force: true })
  }
}

function makeFolder(folder: string): void {
  try {
    // One by one: below /proc, Node's own way down never ends.
    if (!existsSync(folder)) {
      if (dirname(folder) !== folder && !existsSync(dirname(folder))) makeFolder(dirname(folder))
      mkdirSync(folder)
    }
    readdirSync(folder)
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const { code } = error as { code?: string }
    if (code === 'EEXIST') return
    throw new ConfigError(
      `The data folder ${folder} cannot be used (${code}): change its owner, or set PARLEY_DATA to another.`,
    )
  }
}

const PROXY_NAMES = ['loopback', 'linklocal', 'uniquelocal']
const SECRET_LENGTH = 30
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']
const isEnvironment = (value: string): value is Config['environment'] =>
  ['production', 'development', 'test'].includes(value)
const isPart = (value: string): value is 'web' | 'cable' | 'worker' => ['web', 'cable', 'worker'].includes(value)
