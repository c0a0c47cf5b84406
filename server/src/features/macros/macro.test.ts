import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { deleteUser } from '../users/delete.model.ts'

const t = startTestApp()

async function office() {
  const account = await t.buildAccount()
  const base = `/api/v1/accounts/${account.id}`
  return { account, admin: t.as(account.administrator), agent: t.as(account.agent), base, macros: `${base}/macros` }
}

const act = (action_name: string, ...action_params: unknown[]) => ({ action_name, action_params })
const actions = [act('add_label', 'vip'), act('change_priority', 'urgent'), act('snooze_conversation')]

it('one for all is seen by all, and cared for by administrators', async () => {
  const { account, admin, agent, macros } = await office()
  const { body: made } = await admin.post(macros, { name: 'For all', visibility: 'global', actions })
  const author = expect.objectContaining({ id: account.administrator.id, role: 'administrator' })
  expect(made).toEqual({
    payload: {
      id: made.payload.id,
      name: 'For all',
      visibility: 'global',
      created_by: author,
      updated_by: author,
      account_id: account.id,
      actions,
    },
  })
  const one = `${macros}/${made.payload.id}`
  expect((await agent.get(macros)).body).toEqual({ payload: [made.payload] })
  expect((await agent.get(one)).body).toEqual(made)
  expect((await agent.patch(one, { name: 'Mine' })).status).toBe(401)
  expect((await agent.delete(one)).status).toBe(401)
  const other = await t.buildPerson('Other Person')
  await t.database.pool.query(
    `insert into account_users (account_id, user_id, role, created_at, updated_at) values ($1, $2, 1, now(), now())`,
    [account.id, other.id],
  )
  const { body: changed } = await t.as(other).put(one, { name: 'Better' })
  expect(changed.payload).toMatchObject({ name: 'Better', visibility: 'global', created_by: author, actions })
  expect(changed.payload.updated_by.id).toBe(other.id)
  expect((await t.as(other).delete(one)).status).toBe(401)
  await t.database.pool.query('update macros set created_by_id = null where account_id = $1', [account.id])
  expect((await t.as(other).get(one)).body.payload).not.toHaveProperty('created_by')
  expect((await t.as(other).delete(one)).text).toBe('')
  const gone = await admin.get(one)
  expect([gone.status, gone.text]).toEqual([404, ''])
})

it('what an agent makes is their own, and nobody else sees it', async () => {
  const { admin, agent, macros } = await office()
  const { body: own } = await agent.post(macros, { name: 'Mine', visibility: 'global', actions })
  const { body: theirs } = await admin.post(macros, { name: 'Theirs', actions: [] })
  expect([own.payload.visibility, theirs.payload.visibility]).toEqual(['personal', 'personal'])
  expect((await agent.get(macros)).body.payload).toEqual([own.payload])
  expect((await admin.get(macros)).body.payload).toEqual([theirs.payload])
  for (const [client, macro] of [
    [agent, theirs],
    [admin, own],
  ] as const) {
    const one = `${macros}/${macro.payload.id}`
    for (const { status } of [await client.get(one), await client.patch(one, { name: 'x' }), await client.delete(one)])
      expect(status).toBe(401)
  }
  const one = `${macros}/${own.payload.id}`
  expect((await agent.patch(one, { visibility: 'global' })).body.payload.visibility).toBe('personal')
  expect((await agent.delete(one)).status).toBe(200)
  expect((await agent.get(macros)).body.payload).toEqual([])
})

it('refuses what it does not know, in words of its own', async () => {
  const { admin, macros } = await office()
  const refused = async (body: object) => {
    const { status, body: answer } = await admin.post(macros, { name: 'Odd', actions, ...body })
    expect(status).toBe(422)
    return answer
  }
  expect(await refused({ actions: [act('dance'), act('add_label', 'x'), act('sing')] })).toEqual({
    error: { actions: ['Macro execution actions dance,sing not supported.'] },
  })
  expect(await refused({ name: null, actions: null })).toEqual({
    error: { name: ["can't be blank"], actions: ["can't be blank"] },
  })
  expect(await refused({ name: 'x'.repeat(256) })).toEqual({
    error: { name: ['is too long (maximum is 255 characters)'] },
  })
  expect((await refused({ visibility: 'odd' })).attributes).toEqual(['visibility'])
  expect(await refused({ actions: [act('send_attachment', 'no-such-blob')] })).toEqual({ error: 'Invalid attachment' })
  expect(await refused({ actions: [act('send_attachment')] })).toEqual({ error: 'Invalid attachment' })
  expect((await admin.get(macros)).body.payload).toEqual([])
  const { body } = await admin.post(macros, {
    name: 'Params',
    actions: [act('add_label', 'a', 1, true, { b: 1 }, ['c'])],
  })
  expect(body.payload.actions).toEqual([act('add_label', 'a', 1, true)])
})

it('keeps a file of the account, which goes with the macro', async () => {
  const [{ account, admin, agent, macros }, there] = [await office(), await office()]
  const upload = (client = 0) =>
    t.run((ctx) => ctx.app.files.createBlob(ctx, { filename: `map${client}.txt`, content: Buffer.from('here') }))
  const blob = await upload()
  const signed = t.app.files.signedId(blob)
  const { body } = await agent.post(macros, { name: 'File', actions: [act('send_attachment', signed)] })
  expect(body.payload.actions).toEqual([act('send_attachment', blob.id)])
  expect(body.payload.files).toEqual([
    {
      id: expect.any(Number),
      macro_id: body.payload.id,
      file_type: 'text/plain',
      account_id: account.id,
      file_url: expect.stringContaining('/map0.txt'),
      blob_id: blob.id,
      filename: 'map0.txt',
    },
  ])
  const one = `${macros}/${body.payload.id}`
  const { body: again } = await agent.patch(one, { actions: body.payload.actions })
  expect(again.payload.files).toEqual(body.payload.files)
  const stranger = await upload(1)
  expect((await agent.patch(one, { actions: [act('send_attachment', stranger.id)] })).body.error).toBe(
    'Invalid attachment',
  )
  const stolen = await there.admin.post(there.macros, { name: 'File', actions: [act('send_attachment', signed)] })
  expect(stolen.body.error).toBe('Invalid attachment')
  await agent.delete(one)
  const { rows } = await t.database.pool.query('select 1 from active_storage_attachments where blob_id = $1', [blob.id])
  expect(rows).toEqual([])
  const last = await upload(2)
  await agent.post(macros, { name: 'Last', actions: [act('send_attachment', t.app.files.signedId(last))] })
  await t.run((ctx) => deleteUser(ctx, { user_id: account.agent.id }))
  const { rows: left } = await t.database.pool.query('select 1 from active_storage_attachments where blob_id = $1', [
    last.id,
  ])
  expect(left).toEqual([])
  expect((await admin.get(macros)).body.payload).toEqual([])
})
