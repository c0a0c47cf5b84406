import { sql, type RawBuilder } from 'kysely'

/** Whether anything of an account may be waiting for deliveries: most accounts have nothing, and their events are only logged. */
export function hasEndpoints(accountId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql`(exists (select 1 from webhooks ew where ew.account_id = ${accountId})
    or exists (select 1 from channel_api ec where ec.account_id = ${accountId} and ec.webhook_url <> '')
    or exists (select 1 from agent_bots eb where (eb.account_id = ${accountId} or eb.account_id is null) and eb.outgoing_url <> ''))`
}
