import type { AccountContext } from '../../context/context.ts'
import { humanize, lengthProblems, RecordInvalidError } from '../../http/errors.ts'
import { isTimezone } from './timezone.ts'
import { hasOwn } from '../accounts/own.query.ts'

const MAX_LENGTHS: Record<string, number> = {
  name: 255,
  business_name: 255,
  timezone: 255,
  greeting_message: 10_000,
  out_of_office_message: 10_000,
}
const REQUIRED = ['lock_to_single_conversation', 'sender_name_type']

const CHANNELS = ['api', 'web_widget']
/** Kinds of channels that Chatwoot has and this server cannot make yet. */
const OTHER_CHANNELS = ['email', 'line', 'telegram', 'whatsapp', 'sms', 'voice']

/** Holds the columns that are to be written against the rules; `channelType` where an inbox is made. */
export async function checkInbox(
  ctx: AccountContext,
  columns: Record<string, any>,
  { channelType }: { channelType?: string | null } = {},
): Promise<void> {
  const problems = lengthProblems(columns, MAX_LENGTHS)
  if ('name' in columns && !columns.name?.trim()) problems.push(['name', "Name can't be blank"])
  if ('timezone' in columns && !isTimezone(columns.timezone))
    problems.push(['timezone', 'Timezone is not included in the list'])
  for (const column of REQUIRED) {
    if (columns[column] === null) problems.push([column, `${humanize(column)} can't be blank`])
  }
  const limit = columns.auto_assignment_config && JSON.parse(columns.auto_assignment_config).max_assignment_limit
  if (isPresent(limit) && !isPositive(limit)) {
    problems.push(['auto_assignment_config', 'Auto assignment config max_assignment_limit must be greater than 0'])
  }
  if (typeof columns.portal_id === 'number' && !(await hasOwn(ctx, 'portals', columns.portal_id)))
    problems.push(['portal', 'Portal must exist'])
  if (channelType !== undefined && !CHANNELS.includes(channelType ?? '')) {
    const isKnown = OTHER_CHANNELS.includes(channelType ?? '')
    problems.push([
      'channel',
      isKnown ? `Channel ${channelType} cannot be made yet; ${CHANNELS.join(' and ')} can` : 'Channel must exist',
    ])
  }
  if (problems.length) throw new RecordInvalidError(problems)
}

/** As Rails has it: nothing, false, blank text and empty lists are not. */
export function isPresent(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== ''
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return value !== undefined && value !== null && value !== false
}

/** By its leading digits, as Ruby reads numbers. */
export const isPositive = (value: unknown): boolean =>
  typeof value !== 'object' && Number.parseInt(String(value), 10) > 0
