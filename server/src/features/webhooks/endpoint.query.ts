import { sql, type RawBuilder } from 'kysely'

/** Whether anything of an account may be waiting for deliveries: most accounts have nothing, and their events are only logged. */
export function hasEndpoints(accountId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql`(exists (select 1 from webhooks ew where ew.account_id = ${accountId})
    or exists (select 1 from channel_api ec where ec.account_id = ${accountId} and ec.webhook_url <> '')
    or exists (select 1 from agent_bots eb where (eb.account_id = ${accountId} or eb.account_id is null) and eb.outgoing_url <> ''))`
}

/** Who waits for the events of `input`: an account's webhooks, an inbox's, and bots. For `events/log.ts`. */
export const listeners = sql`
      select i.position, i.id as event_id, i.account_webhook as event_name, 'account' as kind, w.id as endpoint_id
      from input i join webhooks w on w.account_id = i.account_id and w.subscriptions ? i.account_webhook
      where i.account_webhook is not null
      union all
      select i.position, i.id, i.inbox_webhook, 'inbox', b.id
      from input i join inboxes b on b.id = i.inbox_id and b.channel_type = 'Channel::Api'
      join channel_api c on c.id = b.channel_id and c.webhook_url <> ''
      where i.inbox_webhook is not null
      union all
      select i.position, i.id, i.bot_webhook, 'bot', b.id
      from input i join agent_bots b on b.outgoing_url <> '' and b.id in (
        select agent_bot_id from agent_bot_inboxes where inbox_id = i.inbox_id and status = 0
        union select assignee_agent_bot_id from conversations where id = i.conversation_id)
      where i.bot_webhook is not null`
