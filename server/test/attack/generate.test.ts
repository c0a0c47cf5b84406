import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { PROJECT } from '../../src/lib/project.ts'
import { UNDECLARED } from './audit.ts'
import { hostileShot, plainShot, referringPlaces, referTo, Verbatim, type Ground, type Shot } from './generate.ts'
import { readTargets, type Target } from './operations.ts'
import { chanceOf } from './random.ts'
import { written } from './send.ts'
import { bags, claims } from './sequences.ts'
import { shrink } from './shrink.ts'

const targets = readTargets(JSON.parse(readFileSync(join(PROJECT, 'openapi.json'), 'utf8')))
const named = (id: string): Target => targets.find((one) => one.id === id)!

const RECORDS = { own: 10, foreign: 20, absent: 30 }
const ground: Ground = {
  columns: { account_id: 'integer', pubsub_token: 'character varying', created_at: 'timestamp', name: 'text' },
  references: (_caller, side) => ({
    ...Object.fromEntries(
      ['accounts', 'inboxes', 'contacts', 'conversations', 'messages', 'users', 'teams', 'agent_bots'].map((name) => [
        name,
        RECORDS[side],
      ]),
    ),
    person_email: `${side}@example.test`,
    source_id: `${side}-source`,
    inbox_identifier: `${side}-inbox`,
  }),
}
const bodyOf = (shot: Shot) => JSON.parse(written(shot).body!.toString())

it('every operation of the document is read, with the places of its body', () => {
  expect(targets.length).toBeGreaterThan(150)
  const paths = named('inboxes.create').places.map(({ path }) => path.join('.'))
  expect(paths).toEqual(expect.arrayContaining(['name', 'channel', 'channel.type', 'channel.selected_feature_flags.0']))
  expect(named('profiles.update').wrapper).toBe('profile')
  expect([named('public/contacts.create').isPublic, named('contacts.create').isPublic]).toEqual([true, false])
})

it('what an operation is meant for goes to the records of a side', () => {
  const shot = plainShot(named('conversations/messages.create'), 'agent', 'foreign', ground)
  expect([shot.method, shot.path]).toEqual(['POST', '/api/v1/accounts/20/conversations/20/messages'])
  expect(plainShot(named('public/contacts.show'), 'visitor', 'own', ground).path).toBe(
    '/public/api/v1/inboxes/own-inbox/contacts/own-source',
  )
  expect(bodyOf(plainShot(named('inbox_members.create'), 'administrator', 'absent', ground)).inbox_id).toBe(10)
})

it('each place that names a record can name that of somebody else', () => {
  const target = named('platform/users.create')
  const [place] = referringPlaces(target)
  const claim = referTo(
    plainShot(target, 'platform', 'own', ground),
    target,
    place!,
    ground.references('platform', 'foreign'),
  )
  expect(bodyOf(claim).email).toBe('foreign@example.test')
  const all = claims(targets).map(({ target: { id }, place: { path } }) => `${id} ${path.join('.')}`)
  expect(all).toEqual(
    expect.arrayContaining([
      'webhooks.create inbox_id',
      'platform/agent_bots.create account_id',
      'platform/account_users.create user_id',
      'public/contacts.create email',
    ]),
  )
  expect(bags(targets).map(({ target: { id } }) => id)).toContain('contacts.update')
})

it('the same chance makes the same request, and another one another', () => {
  const make = (seed: string) => {
    const shots = targets
      .slice(0, 60)
      .map((target) => hostileShot(target, 'administrator', ground, chanceOf(seed, target.id)))
    return shots.map((shot) =>
      [shot.method, shot.path, shot.query, written(shot).body?.toString('latin1').replace(/\d/g, '')].join(),
    )
  }
  expect(make('a')).toEqual(make('a'))
  expect(make('a')).not.toEqual(make('b'))
})

it('everything that is written goes over the wire, whatever it is', () => {
  const kinds = new Set<string>()
  for (let round = 0; round < 8; round++) {
    for (const target of targets) {
      const shot = hostileShot(target, 'administrator', ground, chanceOf(round, target.id))
      const { headers, body } = written(shot)
      kinds.add(shot.raw ? 'raw' : shot.files.length ? 'file' : shot.encoding)
      if (body?.includes(UNDECLARED.text)) kinds.add('undeclared')
      if (shot.query.length) kinds.add('query')
      expect(() => new Headers(headers)).not.toThrow()
    }
  }
  expect([...kinds].sort()).toEqual(['file', 'form', 'json', 'multipart', 'query', 'raw', 'undeclared'])
})

it('a body is written as JSON, as a form and in parts', () => {
  const shot = {
    ...plainShot(named('contacts.update'), 'agent', 'own', ground),
    body: { name: new Verbatim(() => '"\\ud800"'), a: { b: [1, 2] } },
  }
  expect(written(shot).body!.toString()).toBe('{"name":"\\ud800","a":{"b":[1,2]}}')
  expect(written({ ...shot, encoding: 'form' }).body!.toString()).toBe('name=%ED%A0%80&a[b][]=1&a[b][]=2')
  const file = { name: 'a[c]', filename: 'f', type: 'x/y', content: '\u00ff' }
  const parts = written({ ...shot, encoding: 'multipart', files: [file] }).body!.toString('latin1')
  expect(parts).toContain('name="a[b][]"\r\n\r\n2\r\n')
  expect(parts).toContain('name="a[c]"; filename="f"\r\ncontent-type: x/y\r\n\r\n\u00ff\r\n')
})

it('a request shrinks to what does the same', async () => {
  const shot = {
    ...plainShot(named('contacts.update'), 'agent', 'own', ground),
    body: { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 },
    query: ['x=1'],
    headers: { y: '1' },
  }
  const smallest = await shrink(shot, async ({ body }) => 'e' in (body as object))
  expect([smallest.body, smallest.query, smallest.headers]).toEqual([{ e: 5 }, [], {}])
})
