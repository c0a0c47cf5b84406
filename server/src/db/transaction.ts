import type { Duplex } from 'node:stream'
import { Transaction, type DatabaseConnection, type Kysely, type KyselyProps, type QueryResult } from 'kysely'
import type pg from 'pg'
import type { NamedQuery } from './prepared.ts'
import type { DB } from './schema.ts'

/** Serialization failures and deadlocks: the transaction left nothing behind and may be tried again. */
const TRY_AGAIN = new Set(['40001', '40P01'])
const TRIES = 4

export interface TransactionSteps<T> {
  /** Before each try. */
  begin?: () => void | Promise<void>
  work: (db: Kysely<DB>) => Promise<T> | T
  /** Sees the text of each statement of `work`. */
  onStatement?: (text: string) => void
  /** Its last statement leaves together with the COMMIT. */
  last?: (db: Kysely<DB>) => Promise<void>
}

/**
 * On a connection of its own until it is committed. What it left undone is rolled back. The COMMIT does not wait for the disk,
 * and so neither do those who wait for what it has locked; `flush` does, for all that were committed meanwhile.
 */
export async function runTransaction<T>(
  pool: pg.Pool,
  props: KyselyProps,
  flush: () => Promise<unknown>,
  steps: TransactionSteps<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    await steps.begin?.()
    try {
      const { result, isBegun } = await tryTransaction(pool, props, steps)
      if (isBegun) await flush()
      return result
    } catch (error) {
      if (attempt === TRIES || !TRY_AGAIN.has((error as { code?: string }).code ?? '')) throw error
    }
  }
}

async function tryTransaction<T>(
  pool: pg.Pool,
  props: KyselyProps,
  { work, onStatement, last }: TransactionSteps<T>,
): Promise<{ result: T; isBegun: boolean }> {
  const client = await pool.connect()
  const transaction = new OpenTransaction(client, props, onStatement)
  try {
    const result = await work(transaction.db)
    const [written, committed] = [last?.(transaction.db), transaction.commit()]
    committed.catch(() => {})
    await written
    await committed
    client.release()
    return { result, isBegun: transaction.isBegun }
  } catch (error) {
    await transaction.rollback().then(
      () => client.release(),
      (broken: Error) => client.release(broken),
    )
    throw (error as { code?: string }).code === ABORTED ? transaction.failure : error
  }
}

/** What every statement says behind the one that failed. */
const ABORTED = '25P02'

// A commit that has written something waits until the disk has all that was written before it.
const FLUSH = { name: 'flush', text: `select pg_logical_emit_message(true, 'parley', '')`, values: [] }

/** Waits until all that was committed before is on the disk. Those who come while one is under way share the next. */
export function createFlush(pool: pg.Pool): () => Promise<unknown> {
  let current: Promise<unknown> = Promise.resolve()
  let next: Promise<unknown> | undefined
  const begin = () => {
    next = undefined
    return (current = pool.query(FLUSH))
  }
  return () => (next ??= current.then(begin, begin))
}

/**
 * A transaction that spares round trips: BEGIN goes out with its first statement, and COMMIT with its last. The client is in
 * pipeline mode: statements may be sent before the answers to earlier ones are there.
 */
class OpenTransaction {
  readonly db: Transaction<DB>
  /** Of the first statement that failed. */
  failure: unknown
  readonly #client: pg.PoolClient
  readonly #onStatement: ((text: string) => void) | undefined
  #begun: Promise<unknown> | undefined
  #isCorked = false

  constructor(client: pg.PoolClient, props: KyselyProps, onStatement?: (text: string) => void) {
    this.#client = client
    this.#onStatement = onStatement
    const connection: DatabaseConnection = {
      executeQuery: (query) => this.#execute(query),
      streamQuery: () => {
        throw new Error('a transaction does not stream')
      },
    }
    const executor = props.executor.withConnectionProvider({ provideConnection: (consumer) => consumer(connection) })
    this.db = new Transaction<DB>({ ...props, executor })
  }

  /** Whether it has asked the database anything. */
  get isBegun(): boolean {
    return this.#begun !== undefined
  }

  async #execute<Row>({ name, sql: text, parameters }: NamedQuery): Promise<QueryResult<Row>> {
    this.#onStatement?.(text)
    this.#gather()
    if (!this.#begun) this.#begin()
    try {
      const query = { ...(name && { name }), text, values: parameters as unknown[] }
      const { rows, rowCount, command } = await this.#client.query(query)
      return {
        rows: rows as Row[],
        ...(command !== 'SELECT' && rowCount !== null && { numAffectedRows: BigInt(rowCount) }),
      }
    } catch (error) {
      this.failure ??= error
      throw error
    }
  }

  #begin(): void {
    this.#begun = this.#client.query('begin; set local synchronous_commit = off')
    // What ended it is told by the statement behind it.
    this.#begun.catch(() => {})
  }

  /** What is sent without waiting leaves as one packet. */
  #gather(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    const { stream } = (this.#client as unknown as { connection: { stream: Duplex } }).connection
    stream.cork()
    process.nextTick(() => {
      this.#isCorked = false
      stream.uncork()
    })
  }

  /** Where a statement failed, PostgreSQL answers a COMMIT by rolling back. */
  async commit(): Promise<void> {
    if (!this.#begun) return
    this.#gather()
    const { command } = await this.#client.query('commit')
    if (command === 'ROLLBACK') throw new Error('the transaction was aborted')
  }

  async rollback(): Promise<void> {
    if (this.#begun) await this.#client.query('rollback')
  }
}
