import { platformAccountOperations } from './platform-account.routes.ts'
import { platformBotOperations } from './platform-bot.routes.ts'
import { platformUserOperations } from './platform-user.routes.ts'

export const platformOperations = [...platformAccountOperations, ...platformUserOperations, ...platformBotOperations]
