import { expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { createServer } from 'node:http'
import { eventually } from '../../../test/support/eventually.ts'
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

it('is carried out in the name of whoever asks, on what they may open', async () => {
  const { account, admin, agent, base, macros } = await office()
  const openIn = async (members: number[]) => {
    const { body: inbox } = await admin.post(`${base}/inboxes`, { name: 'Desk', channel: { type: 'api' } })
    await admin.post(`${base}/inbox_members`, { inbox_id: inbox.id, user_ids: members })
    const { payload } = (await admin.post(`${base}/contacts`, { name: 'Eve', inbox_id: inbox.id })).body
    const { source_id } = payload.contact_inbox
    return (await admin.post(`${base}/conversations`, { inbox_id: inbox.id, source_id })).body.id as number
  }
  const [talk, hidden] = [await openIn([account.agent.id]), await openIn([])]
  const heard: { event: string; id: number; status: string }[] = []
  const hook = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    heard.push(JSON.parse(Buffer.concat(chunks).toString()))
    response.end()
  })
  const port = await new Promise((done) => hook.listen(0, () => done((hook.address() as { port: number }).port)))
  const blob = await t.run((ctx) =>
    ctx.app.files.createBlob(ctx, { filename: 'map.txt', content: Buffer.from('here') }),
  )
  const { body: macro } = await admin.post(macros, {
    name: 'Everything',
    visibility: 'global',
    actions: [
      act('send_email_transcript', 'nobody@example.test'),
      act('assign_agent', 'self'),
      act('send_message', 'Hello {{contact.name}}'),
      act('send_attachment', t.app.files.signedId(blob)),
      act('send_webhook_event', 'file:///etc/passwd'),
      act('send_webhook_event', `http://127.0.0.1:${port}/`),
      act('resolve_conversation'),
    ],
  })
  const run = (client: typeof agent, id: number, body: object) => client.post(`${macros}/${id}/execute`, body)
  const answer = await run(agent, macro.payload.id, { conversation_ids: [talk, hidden, 999_999] })
  expect([answer.status, answer.text]).toEqual([200, ''])
  const show = async (id: number) => (await admin.get(`${base}/conversations/${id}`)).body
  await eventually(async () => (await show(talk)).status === 'resolved' && heard.length, 'the macro')
  hook.close()
  expect(heard).toEqual([expect.objectContaining({ event: 'macro.executed', id: talk, status: 'open' })])
  expect((await show(talk)).meta.assignee.id).toBe(account.agent.id)
  const written = (await admin.get(`${base}/conversations/${talk}/messages`)).body.payload.filter(
    (one: { message_type: number }) => one.message_type === 1,
  )
  expect(written.map((one: any) => [one.content, one.attachments?.length ?? 0, one.sender.id])).toEqual([
    ['Hello Eve', 0, account.agent.id],
    [null, 1, account.agent.id],
  ])
  expect(await show(hidden)).toMatchObject({ status: 'open', messages: [] })

  const { body: own } = await admin.post(macros, { name: 'Own', actions: [act('resolve_conversation')] })
  expect((await run(agent, own.payload.id, { conversation_ids: [talk] })).status).toBe(401)
  expect((await run(agent, 2_000_000_000, { conversation_ids: [talk] })).status).toBe(404)
  expect((await run(agent, macro.payload.id, {})).status).toBe(200)
})
