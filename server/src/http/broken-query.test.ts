import { expect, it } from 'vitest'
import { startTestApp } from '../../test/support.ts'

const t = startTestApp()

it('a query that cannot be read is a 400, and the server lives on', async () => {
  for (const path of ['/health', '/api/v1/profile']) {
    expect(await t.anyone.get(`${path}?q=%ED%A0%80`)).toMatchObject({
      status: 400,
      body: { status: 400, error: 'Bad Request' },
    })
    expect(await t.anyone.get(`${path}?q=%`)).toMatchObject({ status: 400 })
  }
  expect(await t.anyone.get('/health')).toMatchObject({ status: 200 })
})
