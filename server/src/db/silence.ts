import pg from 'pg'

/** How long a connection may say nothing to a query, and how long a new one may take to be let in. */
const PATIENCE = 5000
const KNOCK = 2000

interface Connection {
  readyForQuery: boolean
  connection: { stream: import('node:net').Socket }
}

/**
 * Ends the connections of a database that has stopped to answer (paused, or behind a network that is gone), so that who waits
 * is told. A statement that takes long is told from it by knocking once more: then somebody opens.
 */
export function watchForSilence(pool: pg.Pool, options: pg.ClientConfig): void {
  pool.on('connect', (client) => {
    const watched = client as unknown as Connection
    const { stream } = watched.connection
    stream.setTimeout(PATIENCE)
    stream.on('timeout', async () => {
      const isAlive = watched.readyForQuery || (await isAnswering(options))
      if (isAlive || watched.readyForQuery) stream.setTimeout(PATIENCE)
      else stream.destroy(new Error('Connection terminated: the database does not answer'))
    })
  })
}

async function isAnswering(options: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client({ ...options, connectionTimeoutMillis: KNOCK })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch (error) {
    // A refusal in PostgreSQL's own words is an answer too.
    return /^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? '')
  } finally {
    await client.end().catch(() => {})
  }
}
