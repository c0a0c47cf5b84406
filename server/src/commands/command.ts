import { ConfigError, readConfig, type Config } from '../config.ts'

export type Values = Record<string, string | boolean | undefined>

export interface Command {
  name: string
  summary: string
  /** Of what follows the name: `NAME`. */
  usage?: string
  description?: string
  options?: { flag: string; value?: string; text: string }[]
  run: (input: { values: Values; positionals: string[] }) => Promise<void>
}

export const DATA_OPTION = { flag: 'data', value: 'FOLDER', text: 'The data folder (default ./data, or PARLEY_DATA)' }
export const JSON_OPTION = { flag: 'json', text: 'Print one JSON object' }

export function configOf(values: Values): Config {
  return readConfig(process.env, {
    ...(typeof values.data === 'string' && { data: values.data }),
    ...(typeof values.port === 'string' && { port: values.port }),
    ...(typeof values.host === 'string' && { host: values.host }),
  })
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  '28P01',
  '28000',
  '3D000',
])

/** Errors are one sentence for an operator; a stack only when asked for. */
export function sentenceOf(error: unknown): string {
  const { message, stack, code, errors } = error as Error & { code?: string; errors?: Error[] }
  if (error instanceof ConfigError) return message
  if (process.env.LOG_LEVEL === 'debug' && stack) return stack
  // A host of several addresses fails once for each.
  const reason = message || errors?.[0]?.message || String(error)
  return UNREACHABLE.has(code ?? '') ? `The database of DATABASE_URL cannot be reached: ${reason}.` : reason
}
