import pg from 'pg'
import type { App } from '../app.ts'
import { sessionOptions } from '../db/connect.ts'
import { WHO } from '../features/realtime/presence-share.ts'

const RETRY = 1000

/** Hears of the events that other processes commit. A connection that breaks is made anew. */
export async function listenForEvents(app: App, processId: string | undefined): Promise<() => Promise<void>> {
  if (!processId) return async () => {}
  let client: pg.Client | undefined
  let stopped = false
  const open = async () => {
    client = new pg.Client(sessionOptions(app.database.options))
    client.on('notification', ({ payload }) => app.bus.receive(payload ?? ''))
    client.on('error', () => {})
    await client.connect()
    await client.query('listen parley_events')
    await client.query(`select pg_notify('parley_events', $1)`, [`${processId}:${WHO}`])
    client.once('end', openAgain)
  }
  const openAgain = () => {
    if (!stopped) setTimeout(() => void open().then(app.bus.catchUp, openAgain), RETRY).unref()
  }
  await open()
  return async () => {
    stopped = true
    await client?.end()
  }
}
