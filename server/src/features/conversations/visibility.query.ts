import { sql, type RawBuilder } from 'kysely'
import type { Context, UserContext } from '../../context/context.ts'
import type { Slots } from '../../db/prepared.ts'

/*
 * Who sees an inbox or a conversation, said once. Chatwoot draws the circle anew for each purpose, and clients rely on each:
 *
 *                                inbox members   administrators   members of its team   bots of the account
 *   mayOpen      the door             yes             yes                yes                   yes
 *   isListed     lists, counts        yes             yes                no                    (no list is open to them)
 *   seesInbox    cable, mentions,     yes             yes                no                    (they have webhooks)
 *                participants
 *   isToldOf     what one watches     yes             yes                yes                   (they have webhooks)
 *   isInboxMember  whose turn it is,  yes             no                 no                    no
 *                new conversations
 */

type Value = RawBuilder<unknown> | number | null

/**
 * Those who work in an inbox. Alone it decides who is given a conversation by turns and who hears of new ones: an administrator
 * sees all inboxes, and would be flooded.
 */
export function isInboxMember(inboxId: Value, userId: Value): RawBuilder<boolean> {
  return sql`exists (select 1 from inbox_members im where im.inbox_id = ${inboxId} and im.user_id = ${userId})`
}

function isTeamMember(teamId: Value, userId: Value): RawBuilder<boolean> {
  return sql`exists (select 1 from team_members tm where tm.team_id = ${teamId} and tm.user_id = ${userId})`
}

/**
 * Over `au`, a person of the account; who left it is nobody. The streams a push goes to, who can be mentioned and who can watch:
 * a team opens single conversations, and does not make its members part of the inbox.
 */
export function seesInbox(inboxId: Value): RawBuilder<boolean> {
  return sql`(au.role = 1 or ${isInboxMember(inboxId, sql`au.user_id`)})`
}

/** Over `au`. Who watches is told as long as the door is open to them: a participant may have come in by the team. */
export function isToldOf(conversation: { inbox_id: Value; team_id: Value }): RawBuilder<boolean> {
  return sql`(${seesInbox(conversation.inbox_id)} or ${isTeamMember(conversation.team_id, sql`au.user_id`)})`
}

/** Who asks, for conditions of statements that are prepared. */
export interface Asking {
  user_id: number
  sees_all: boolean
}

export function asking(ctx: Context): Asking {
  return { user_id: ctx.caller.kind === 'user' ? ctx.caller.user.id : NOBODY, sees_all: seesAll(ctx) }
}

const NOBODY = 0

/** Administrators; and bots, which may touch every conversation of an account they are let into. */
function seesAll(ctx: Context): boolean {
  return ctx.caller.kind === 'agent_bot' || ctx.isAdministrator
}

/** Over `c`: the door of a conversation. It is wider than the lists, so that a team can be handed what is not in its inboxes. */
export function mayOpen({ user_id: userId, sees_all: all }: Slots<Asking>): RawBuilder<boolean> {
  return sql`(${all}::boolean or ${isInboxMember(sql`c.inbox_id`, userId)} or ${isTeamMember(sql`c.team_id`, userId)})`
}

/** The door of an inbox. */
export function mayOpenInbox(ctx: Context, inboxId: Value): RawBuilder<boolean> {
  const { user_id: userId, sees_all: all } = asking(ctx)
  return all ? sql`true` : isInboxMember(inboxId, userId)
}

/** What a list of inboxes or conversations shows and counts: the same, as a set, which an index over inboxes answers. */
export function isListed(ctx: Context, inboxId: RawBuilder<unknown> = sql`c.inbox_id`): RawBuilder<boolean> {
  const { user_id: userId, sees_all: all } = asking(ctx)
  return all ? sql`true` : sql`${inboxId} in (select im.inbox_id from inbox_members im where im.user_id = ${userId})`
}

/** Over `c`. It takes the place of `isListed`: what one watches is shown even where one has left the inbox since. */
export function isWatched(ctx: UserContext): RawBuilder<boolean> {
  return sql`exists (select 1 from conversation_participants p where p.conversation_id = c.id and p.user_id = ${ctx.user.id})`
}
