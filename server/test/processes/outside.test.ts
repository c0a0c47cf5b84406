import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { connect } from '../../src/db/connect.ts'
import { realServer } from '../support/server.ts'
import { ask, createDatabase, startStockPostgres, type StockPostgres } from '../support/stock-postgres.ts'

const folder = mkdtempSync(join(tmpdir(), 'parley-outside-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const UNFORTUNATE = {
  plan_cache_mode: 'force_custom_plan',
  random_page_cost: '40',
  max_parallel_workers_per_gather: '4',
  timezone: 'Asia/Kathmandu',
  datestyle: 'German, DMY',
  intervalstyle: 'iso_8601',
  bytea_output: 'escape',
  extra_float_digits: '-10',
  standard_conforming_strings: 'off',
  search_path: 'nowhere',
  default_transaction_isolation: 'serializable',
  statement_timeout: '300ms',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '300ms',
  idle_session_timeout: '300ms',
}

describe('a database whose settings are not ours', () => {
  it('says nothing about what a connection depends on', async () => {
    const shown = async (url: string) => {
      const database = connect({ connectionString: url })
      const { rows } = await database.pool.query(
        'select name, current_setting(name) as value from unnest($1::text[]) as name',
        [[...Object.keys(UNFORTUNATE), 'jit']],
      )
      await database.end()
      return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
    }
    const stock = await shown(inject('stock'))
    expect(await shown(await createDatabase(inject('stock'), UNFORTUNATE))).toEqual(stock)
    expect(stock).toMatchObject({ jit: 'off', timezone: 'UTC', statement_timeout: '0' })
    // Nor do options in the address.
    const url = new URL(inject('stock'))
    url.searchParams.set('options', '-c jit=on -c TimeZone=Asia/Tokyo')
    expect(await shown(url.href)).toEqual(stock)
  })

  it('is prepared and answers as any other', { timeout: 60_000 }, async () => {
    const DATABASE_URL = await createDatabase(inject('stock'), UNFORTUNATE)
    const server = await realServer(folder, { DATABASE_URL, LOG_LEVEL: 'warn' })
    await server.start()
    try {
      const { account, user } = JSON.parse((await server.command('setup', '--json')).stdout)
      const call = async (method: string, path: string, body: object): Promise<any> => {
        const answer = await fetch(`${server.base}/api/v1/accounts/${account.id}/${path}`, {
          method,
          headers: { 'content-type': 'application/json', api_access_token: user.access_token },
          body: JSON.stringify(body),
        })
        expect(answer.status).toBe(200)
        return answer.json()
      }
      const inbox = await call('POST', 'inboxes', { name: 'API', channel: { type: 'api' } })
      const { payload } = await call('POST', 'contacts', { name: 'O\\’Hara', inbox_id: inbox.id })
      const before = Math.floor(Date.now() / 1000)
      const talk = await call('POST', 'conversations', {
        inbox_id: inbox.id,
        source_id: payload.contact_inbox.source_id,
      })
      const message = await call('POST', `conversations/${talk.id}/messages`, { content: 'C:\\temp' })
      expect([payload.contact.name, message.content]).toEqual(['O\\’Hara', 'C:\\temp'])
      expect(message.created_at - before).toBeLessThan(60)
      expect(message.created_at).toBeGreaterThanOrEqual(before)
    } finally {
      await server.stop()
    }
    expect(server.output()).not.toMatch(/"level":[4-6]0/)
  })
})

describe('doctor looks at a server that is not ours', () => {
  let careless: StockPostgres
  const settings = {
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    autovacuum: 'off',
    max_connections: '12',
    work_mem: '64kB',
    max_wal_size: '64MB',
  }
  beforeAll(async () => {
    careless = await startStockPostgres(settings)
  })
  afterAll(() => careless.stop())

  const doctor = async (DATABASE_URL: string) => {
    const server = await realServer(folder, { DATABASE_URL, DATABASE_POOL: '5' })
    const { status, stdout } = await server.command('doctor', '--json')
    const { ok, checks } = JSON.parse(stdout) as {
      ok: boolean
      checks: { check: string; ok: boolean; detail: string; advice?: true }[]
    }
    const of = (wanted: (one: (typeof checks)[number]) => unknown) =>
      Object.fromEntries(checks.filter(wanted).map(({ check, detail }) => [check, detail]))
    return { status, ok, bad: of((one) => !one.ok), advice: of((one) => one.advice) }
  }

  it('says what endangers data or work, and what to do', async () => {
    const { status, ok, bad, advice } = await doctor(careless.url)
    expect([status, ok]).toEqual([1, false])
    expect(bad).toEqual({
      fsync: expect.stringContaining('turn it on'),
      full_page_writes: expect.stringContaining('turn it on'),
      synchronous_commit: expect.stringContaining('lose messages'),
      autovacuum: expect.stringContaining('turn it on'),
      Schema: expect.stringContaining('0001_chatwoot.sql'),
    })
    expect(advice).toEqual({
      Connections: expect.stringMatching(/^room for 1 process of 7 connections .* raise max_connections/),
      shared_buffers: expect.stringContaining('128 MB'),
      work_mem: expect.stringContaining('4 MB at least'),
      max_wal_size: expect.stringContaining('64 MB'),
    })
    // It only looks.
    expect(await ask(careless.url, `select to_regnamespace('parley') as made`)).toEqual([{ made: null }])
  })

  it('finds nothing bad in a stock server that is prepared, and advises on its memory', async () => {
    const url = await createDatabase(inject('stock'))
    await (await realServer(folder, { DATABASE_URL: url })).command('migrate')
    const { ok, bad, advice } = await doctor(url)
    expect([ok, bad, Object.keys(advice)]).toEqual([true, {}, ['shared_buffers']])
  })

  it('names a database that cannot hold every text, an extension out of reach, and too few connections for the role', async () => {
    const url = new URL(inject('stock'))
    await ask(url.href, `create database latin encoding 'LATIN1' locale 'C' template template0`)
    await ask(url.href, `create role cramped login superuser password 'stock' connection limit 3`)
    url.pathname = 'latin'
    await ask(url.href, 'create schema extensions; create extension pg_trgm schema extensions')
    url.username = 'cramped'
    const { bad } = await doctor(url.href)
    expect(bad).toEqual({
      Encoding: expect.stringContaining('LATIN1'),
      'Extension pg_trgm': expect.stringContaining('SET SCHEMA public'),
      Connections: expect.stringContaining('room for 0 processes'),
      Schema: expect.any(String),
    })
  })
})
