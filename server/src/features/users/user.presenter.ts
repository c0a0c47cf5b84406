import type { Services } from '../../context/context.ts'
import type { UserPicture, BotPicture } from '../pictures/picture.types.ts'

/** A person as sender, performer or assignee on the cable. `accountId` absent: seen from no account, so no status. */
export function presentUserSender(app: Services, user: UserPicture, accountId: number | null) {
  return {
    id: user.id,
    name: user.name,
    available_name: user.display_name || user.name,
    avatar_url: app.files.avatarUrl(user.avatar),
    type: 'user' as const,
    availability_status: accountId === null ? null : availabilityStatus(app, user, accountId),
    thumbnail: app.files.avatarUrl(user.avatar),
  }
}

export function presentBotSender(app: Services, bot: BotPicture) {
  return { id: bot.id, name: bot.name, avatar_url: app.files.avatarUrl(bot.avatar), type: 'agent_bot' as const }
}

/** By the numbers that the database holds. */
export const AVAILABILITIES = ['online', 'offline', 'busy'] as const

/** What a person set, while they are here; with `auto_offline` off, what they set in any case. */
export function availabilityStatus(
  app: Services,
  user: { id: number; availability?: number | null; auto_offline?: boolean | null },
  accountId: number,
): 'online' | 'offline' | 'busy' | null {
  if (user.availability === undefined || user.availability === null) return null
  const here = user.auto_offline === false || app.presence.isPresent(accountId, 'user', user.id)
  return here ? (AVAILABILITIES[user.availability] ?? 'offline') : 'offline'
}
