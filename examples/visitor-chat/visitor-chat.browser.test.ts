import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp } from '../../server/test/support.ts'
import { DESKTOP, PHONE, startBrowser } from '../../server/test/support/browser.ts'

const SHOTS = process.env.SCREENSHOTS ?? join(tmpdir(), 'parley-screenshots')
describe('the visitor chat', () => {
  const t = startTestApp({ PORT: String(20_000 + Math.floor(Math.random() * 20_000)) })
  let browser: Browser
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true })
    browser = await startBrowser()
  })
  afterAll(() => browser?.close())

  const picture = () => sharp({ create: { width: 320, height: 200, channels: 3, background: '#7fb069' } }).png().toBuffer()

  async function openDesk() {
    const account = await t.buildAccount()
    const api = `/api/v1/accounts/${account.id}`
    const agent = t.as(account.administrator)
    const { body: inbox } = await agent.post(`${api}/inboxes`, { name: 'Garden shop', channel: { type: 'api' } })
    return { api, agent, inbox, address: `${t.base}/examples/visitor-chat/?inbox=${inbox.inbox_identifier}&name=Ada` }
  }

  async function openPage(address: string, viewport: typeof PHONE, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const context = await browser.newContext({ viewport, colorScheme })
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => message.type() === 'error' && /Content Security Policy/.test(message.text()) && errors.push(message.text()))
    Object.assign(page, { errors })
    await page.goto(address)
    await page.getByText('We are here').waitFor()
    return page
  }

  const firstTalk = async (desk: Awaited<ReturnType<typeof openDesk>>) => {
    const { body } = await desk.agent.get(`${desk.api}/conversations`)
    return `${desk.api}/conversations/${body.data.payload[0].id}`
  }

  for (const [name, viewport] of [['phone', PHONE], ['desktop', DESKTOP]] as const) {
    it(`carries a conversation in both directions on a ${name}`, async () => {
      const desk = await openDesk()
      const page = await openPage(desk.address, viewport)
      await page.screenshot({ path: join(SHOTS, `${name}-empty.png`) })

      await page.getByLabel('Your message').fill('Hello, do you have <b>tulips</b>?')
      await page.keyboard.press('Enter')
      await page.getByText('Hello, do you have <b>tulips</b>?').waitFor()
      await page.getByText('Sending…').waitFor({ state: 'detached' })
      const talk = await firstTalk(desk)

      await desk.agent.post(`${talk}/toggle_typing_status`, { typing_status: 'on' })
      await page.getByText('Admin Person is typing…').waitFor()
      await desk.agent.post(`${talk}/messages`, { content: 'We do: https://example.com/tulips' })
      await page.getByRole('link', { name: 'https://example.com/tulips' }).waitFor()
      await page.getByText('Admin Person is typing…').waitFor({ state: 'hidden' })
      await desk.agent.post(`${talk}/messages`, { content: 'Between us', private: true })
      await desk.agent.post(`${talk}/messages`, {
        content: 'Which colour?',
        content_type: 'input_select',
        content_attributes: { items: [{ title: 'Red', value: 'red' }, { title: 'White', value: 'white' }] },
      })
      await page.getByRole('button', { name: 'White' }).click()
      await page.getByText('White').and(page.locator('.note')).waitFor()

      await page.locator('#pick').setInputFiles({ name: 'garden.png', mimeType: 'image/png', buffer: await picture() })
      await page.getByLabel('Your message').fill('My garden')
      await page.getByRole('button', { name: 'Send' }).click()
      await page.getByRole('img', { name: 'garden.png' }).waitFor()
      await page.waitForFunction('document.querySelector(".bubble img").naturalWidth > 0')
      await page.screenshot({ path: join(SHOTS, `${name}-talk.png`) })

      expect(await page.getByText('Between us').count()).toBe(0)
      expect(await page.locator('.message').count()).toBe(4)
      await page.reload()
      await page.getByText('My garden').waitFor()
      expect(await page.locator('.message').count()).toBe(4)
      expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
      expect((page as unknown as { errors: string[] }).errors).toEqual([])
      await page.context().close()
    })
  }

  it('comes back by itself after the connection broke, and has what was said meanwhile', async () => {
    const desk = await openDesk()
    const page = await openPage(desk.address, PHONE, 'dark')
    await page.getByLabel('Your message').fill('First')
    await page.keyboard.press('Enter')
    await page.getByText('Sending…').waitFor({ state: 'detached' })
    const talk = await firstTalk(desk)

    await page.context().setOffline(true)
    await page.getByText('Connection lost, trying again…').waitFor()
    await desk.agent.post(`${talk}/messages`, { content: 'While you were away' })
    await page.getByLabel('Your message').fill('Into the void')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Not sent. Try again' }).waitFor()
    await page.screenshot({ path: join(SHOTS, 'phone-dark-offline.png') })

    await page.context().setOffline(false)
    await page.getByText('While you were away').waitFor()
    await page.getByText('We are here').waitFor()
    await page.getByRole('button', { name: 'Not sent. Try again' }).click()
    await page.getByRole('button', { name: 'Not sent. Try again' }).waitFor({ state: 'detached' })
    const { body } = await desk.agent.get(`${talk}/messages`)
    expect(body.payload.filter((message: any) => message.message_type < 2).map((message: any) => message.content)).toEqual([
      'First',
      'While you were away',
      'Into the void',
    ])

    await page.getByRole('button', { name: 'End chat' }).click()
    await page.getByText('This conversation is closed').waitFor()
    await page.screenshot({ path: join(SHOTS, 'phone-dark-closed.png') })
    await page.context().close()
  })

  it('says what is wrong with its address', async () => {
    const page = await browser.newPage({ viewport: DESKTOP })
    await page.goto(`${t.base}/examples/visitor-chat/?inbox=nowhere`)
    await page.getByRole('alert').getByText('There is no inbox with this identifier.').waitFor()
    await page.goto(`${t.base}/examples/visitor-chat/`)
    await page.getByRole('alert').getByText('needs ?inbox=').waitFor()
    await page.close()
  })
})
