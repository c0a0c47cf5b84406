import { Transaction, type DatabaseConnection, type Kysely, type KyselyProps, type QueryResult } from 'kysely'
import type pg from 'pg'
import type { NamedQuery } from './prepared.ts'
import type { DB } from './schema.ts'

/** Serialization failures and deadlocks: the transaction left nothing behind and may be tried again. */
const TRY_AGAIN = new Set(['40001', '40P01'])
const TRIES = 4

export interface TransactionSteps<T> {
  /** Before each try. */
  begin?: () => void
  work: (db: Kysely<DB>) => Promise<T> | T
  /** Its last statement leaves together with the COMMIT. */
  last?: (db: Kysely<DB>) => Promise<void>
}

/** On a connection of its own until it is committed. What it left undone is rolled back. */
export async function runTransaction<T>(pool: pg.Pool, props: KyselyProps, steps: TransactionSteps<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    steps.begin?.()
    try {
      return await tryTransaction(pool, props, steps)
    } catch (error) {
      if (attempt === TRIES || !TRY_AGAIN.has((error as { code?: string }).code ?? '')) throw error
    }
  }
}

async function tryTransaction<T>(pool: pg.Pool, props: KyselyProps, { work, last }: TransactionSteps<T>): Promise<T> {
  const client = await pool.connect()
  const transaction = new OpenTransaction(client, props)
  try {
    const result = await work(transaction.db)
    const [written, committed] = transaction.together(() => [last?.(transaction.db), transaction.commit()])
    committed.catch(() => {})
    await written
    await committed
    client.release()
    return result
  } catch (error) {
    await transaction.rollback().then(
      () => client.release(),
      (broken: Error) => client.release(broken),
    )
    throw error
  }
}

/**
 * A transaction that spares round trips: BEGIN goes out with its first statement, and COMMIT with its last. The client is in
 * pipeline mode: statements may be sent before the answers to earlier ones are there.
 */
class OpenTransaction {
  readonly db: Transaction<DB>
  readonly #client: pg.PoolClient
  #begun: Promise<unknown> | undefined

  constructor(client: pg.PoolClient, props: KyselyProps) {
    this.#client = client
    const connection: DatabaseConnection = {
      executeQuery: (query) => this.#execute(query),
      streamQuery: () => {
        throw new Error('a transaction does not stream')
      },
    }
    const executor = props.executor.withConnectionProvider({ provideConnection: (consumer) => consumer(connection) })
    this.db = new Transaction<DB>({ ...props, executor })
  }

  async #execute<Row>({ name, sql: text, parameters }: NamedQuery): Promise<QueryResult<Row>> {
    const send = () => this.#client.query({ ...(name && { name }), text, values: parameters as unknown[] })
    const { rows, rowCount, command } = await (this.#begun ? send() : this.together(() => (this.#begin(), send())))
    return { rows: rows as Row[], ...(command !== 'SELECT' && rowCount !== null && { numAffectedRows: BigInt(rowCount) }) }
  }

  #begin(): void {
    this.#begun = this.#client.query('begin')
    // What ended it is told by the statement behind it.
    this.#begun.catch(() => {})
  }

  /** What `work` sends without waiting leaves as one packet. */
  together<T>(work: () => T): T {
    const { stream } = (this.#client as unknown as { connection: { stream: { cork: () => void; uncork: () => void } } }).connection
    stream.cork()
    try {
      return work()
    } finally {
      stream.uncork()
    }
  }

  /** Where a statement failed, PostgreSQL answers a COMMIT by rolling back. */
  async commit(): Promise<void> {
    if (!this.#begun) return
    const { command } = await this.#client.query('commit')
    if (command === 'ROLLBACK') throw new Error('the transaction was aborted')
  }

  async rollback(): Promise<void> {
    if (this.#begun) await this.#client.query('rollback')
  }
}
