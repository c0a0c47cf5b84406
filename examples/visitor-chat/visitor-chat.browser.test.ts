import { createHmac } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp } from '../../server/test/support.ts'
import { DESKTOP, PHONE, startBrowser } from '../../server/test/support/browser.ts'

const SHOTS = process.env.SCREENSHOTS ?? join(tmpdir(), 'parley-screenshots')
const errorsOf = (page: Page) => (page as unknown as { errors: string[] }).errors

describe('the visitor chat', () => {
  const t = startTestApp({ PORT: String(20_000 + Math.floor(Math.random() * 20_000)) })
  let browser: Browser
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true })
    browser = await startBrowser()
  })
  afterAll(() => browser?.close())

  const picture = () =>
    sharp({ create: { width: 320, height: 200, channels: 3, background: '#7fb069' } })
      .png()
      .toBuffer()

  async function openDesk(name = 'Garden shop') {
    const account = await t.buildAccount()
    const api = `/api/v1/accounts/${account.id}`
    const agent = t.as(account.administrator)
    const { body: inbox } = await agent.post(`${api}/inboxes`, { name, channel: { type: 'api' } })
    return { api, agent, inbox, address: `${t.base}/examples/visitor-chat/?inbox=${inbox.inbox_identifier}&name=Ada` }
  }

  type Desk = Awaited<ReturnType<typeof openDesk>>

  async function openPage(
    address: string,
    viewport: typeof PHONE,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<Page> {
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on(
      'console',
      (message) =>
        message.type() === 'error' && /Content Security Policy/.test(message.text()) && errors.push(message.text()),
    )
    Object.assign(page, { errors })
    await page.goto(address)
    await page.getByText('We are here').waitFor()
    return page
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel('Your message').fill(text)
    await page.keyboard.press('Enter')
    await page.locator('.message.own').getByText(text).waitFor()
    await page.getByText('Sending…').waitFor({ state: 'detached' })
  }

  const firstTalk = async (desk: Desk) => {
    const { body } = await desk.agent.get(`${desk.api}/conversations`)
    return `${desk.api}/conversations/${body.data.payload[0].id}`
  }

  const shownTexts = (page: Page) => page.locator('.message .bubble').allTextContents()

  for (const [name, viewport] of [
    ['phone', PHONE],
    ['desktop', DESKTOP],
  ] as const) {
    it(`carries a conversation in both directions on a ${name}`, async () => {
      const desk = await openDesk()
      const page = await openPage(desk.address, viewport)
      await page.screenshot({ path: join(SHOTS, `${name}-empty.png`) })

      await say(page, 'Hello, do you have <b>tulips</b>?')
      const talk = await firstTalk(desk)
      await page.getByLabel('Your message').pressSequentially('I')
      await expect.poll(() => t.events.some(({ name: event }) => event === 'conversation.typing_on')).toBe(true)

      await desk.agent.post(`${talk}/toggle_typing_status`, { typing_status: 'on' })
      await page.getByText('Admin Person is typing…').waitFor()
      await page.screenshot({ path: join(SHOTS, `${name}-typing.png`) })
      await desk.agent.post(`${talk}/messages`, { content: 'We do: https://example.com/tulips.' })
      await page.getByRole('link', { name: 'https://example.com/tulips', exact: true }).waitFor()
      await page.getByText('Admin Person is typing…').waitFor({ state: 'detached' })
      await desk.agent.post(`${talk}/toggle_typing_status`, { typing_status: 'on', is_private: true })
      await desk.agent.post(`${talk}/messages`, { content: 'Between us', private: true })
      await desk.agent.post(`${talk}/messages`, {
        content: 'Which colour?',
        content_type: 'input_select',
        content_attributes: {
          items: [
            { title: 'Red', value: 'red' },
            { title: 'White', value: 'white' },
          ],
        },
      })
      await page.getByRole('group', { name: 'Which colour?' }).getByRole('button', { name: 'White' }).waitFor()
      await page.screenshot({ path: join(SHOTS, `${name}-choice.png`) })
      expect(await page.getByText('is typing').count()).toBe(0)
      await page.getByRole('button', { name: 'White' }).click()
      await page.locator('.chosen').getByText('White').waitFor()
      await expect.poll(async () => (await desk.agent.get(talk)).body.contact_last_seen_at).toBeGreaterThan(0)

      await page.locator('#pick').setInputFiles({ name: 'garden.png', mimeType: 'image/png', buffer: await picture() })
      await page.getByLabel('Your message').fill('My garden')
      await page.getByRole('button', { name: 'Send' }).click()
      const image = page.getByRole('img', { name: 'garden.png' })
      await image.waitFor()
      await expect.poll(() => image.evaluate((element: any) => element.naturalWidth)).toBeGreaterThan(0)
      await page.screenshot({ path: join(SHOTS, `${name}-talk.png`) })

      const texts = [
        'Hello, do you have <b>tulips</b>?',
        'We do: https://example.com/tulips.',
        'Which colour?',
        'My garden',
      ]
      expect(await shownTexts(page)).toEqual(texts)
      await page.reload()
      await image.waitFor()
      expect(await shownTexts(page)).toEqual(texts)
      expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
      expect(errorsOf(page)).toEqual([])
      await page.context().close()
    })
  }

  it('comes back by itself after the network was gone, and has what was said meanwhile', async () => {
    const desk = await openDesk()
    const page = await openPage(desk.address, PHONE, 'dark')
    await say(page, 'First')
    const talk = await firstTalk(desk)

    await page.context().setOffline(true)
    await page.getByText('Reconnecting…').waitFor()
    await desk.agent.post(`${talk}/messages`, { content: 'While you were away' })
    await page.getByLabel('Your message').fill('Into the void')
    await page.keyboard.press('Enter')
    const again = page.getByRole('button', { name: 'Not sent. Try again' })
    await again.waitFor()
    await page.screenshot({ path: join(SHOTS, 'phone-dark-offline.png') })

    await page.context().setOffline(false)
    await page.getByText('While you were away').waitFor()
    await page.getByText('We are here').waitFor()
    await again.click()
    await again.waitFor({ state: 'detached' })
    await page.getByText('Sending…').waitFor({ state: 'detached' })
    expect(await shownTexts(page)).toEqual(['First', 'While you were away', 'Into the void'])
    const { body } = await desk.agent.get(`${talk}/messages`)
    const written = body.payload.filter((message: any) => message.message_type < 2)
    expect(written.map((message: any) => message.content)).toEqual(['First', 'While you were away', 'Into the void'])
    await page.context().close()
  })

  it('comes back after the server cut the connection', async () => {
    const desk = await openDesk()
    const page = await openPage(desk.address, DESKTOP)
    await say(page, 'First')
    const talk = await firstTalk(desk)

    for (const text of ['Said in between', 'And once more']) {
      expect(t.app.cable.hub.disconnectStream(() => true, { reason: 'server_restart', reconnect: true })).toBe(1)
      await desk.agent.post(`${talk}/messages`, { content: text })
      await page.getByText(text).waitFor()
      await page.getByText('We are here').waitFor()
    }
    await desk.agent.post(`${talk}/messages`, { content: 'Live again' })
    await page.getByText('Live again').waitFor()
    expect(await shownTexts(page)).toEqual(['First', 'Said in between', 'And once more', 'Live again'])
    await page.context().close()
  })

  it('ends a conversation, begins another, and finds the first again', async () => {
    const desk = await openDesk()
    await desk.agent.patch(`${desk.api}/inboxes/${desk.inbox.id}`, { csat_survey_enabled: true })
    const page = await openPage(desk.address, PHONE, 'dark')
    await say(page, 'First talk')
    await page.getByRole('button', { name: 'End chat' }).click()
    await page.getByText('This conversation is closed').waitFor()
    const survey = page.getByRole('link', { name: 'Rate this conversation' })
    expect(await survey.getAttribute('href')).toMatch(/\/survey\/responses\/[0-9a-f-]{36}$/)
    await page.screenshot({ path: join(SHOTS, 'phone-dark-closed.png') })

    await page.getByRole('button', { name: 'Start a new conversation' }).click()
    await page.getByText('How can we help?').waitFor()
    await say(page, 'Second talk')
    const { body } = await desk.agent.get(`${desk.api}/conversations?status=all`)
    expect(body.data.payload.map(({ status }: any) => status).sort()).toEqual(['open', 'resolved'])

    await page.getByRole('button', { name: 'Your conversations' }).click()
    const first = page.getByRole('dialog').getByRole('button', { name: 'Please rate' })
    await first.waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Second talk' }).waitFor()
    await page.screenshot({ path: join(SHOTS, 'phone-dark-conversations.png') })
    await first.click()
    await page.locator('.message').getByText('First talk').waitFor()
    expect(await shownTexts(page)).toEqual(['First talk', 'Please rate the conversation'])
    // Whoever writes into a closed conversation opens it again.
    await say(page, 'One more thing')
    await page.getByText('This conversation is closed').waitFor({ state: 'hidden' })
    await page.context().close()
  })

  it('shows long histories in pages, and everything that can be answered', async () => {
    const desk = await openDesk()
    const page = await openPage(desk.address, DESKTOP, 'dark')
    await say(page, 'Line 0')
    const talk = await firstTalk(desk)
    const ids: number[] = []
    for (let line = 1; line <= 24; line++)
      ids.push((await desk.agent.post(`${talk}/messages`, { content: `Line ${line}` })).body.id)
    await page.reload()
    await page.getByText('Line 24').waitFor()
    // What happens to a message before those that were read leaves no gap between.
    await desk.agent.delete(`${talk}/messages/${ids[0]}`)
    await desk.agent.delete(`${talk}/messages/${ids.at(-1)}`)
    await page.getByText('This message was deleted').waitFor()
    expect(await page.locator('.message').count()).toBe(20)
    await page.getByRole('button', { name: 'Show earlier messages' }).click()
    await page.getByText('Line 0').waitFor()
    const gone = new Set([1, 24])
    expect(await shownTexts(page)).toEqual(
      Array.from({ length: 25 }, (_, line) => (gone.has(line) ? 'This message was deleted' : `Line ${line}`)),
    )
    expect(await page.getByText('Line 5', { exact: true }).isVisible()).toBe(true)
    await desk.agent.post(`${talk}/messages`, { content: 'Below' })
    await page.getByRole('button', { name: 'New messages' }).click()

    await desk.agent.post(`${talk}/messages`, {
      content: 'Where may we write to you?',
      content_type: 'form',
      content_attributes: {
        items: [
          { name: 'email', type: 'email', label: 'Your email', placeholder: 'you@example.com', required: true },
          {
            name: 'topic',
            type: 'select',
            label: 'Topic',
            options: [
              { label: 'Tulips', value: 'tulips' },
              { label: 'Roses', value: 'roses' },
            ],
          },
        ],
      },
    })
    const form = page.getByRole('form', { name: 'Where may we write to you?' })
    await form.getByLabel('Your email').fill('ada@example.com')
    await form.getByLabel('Topic').selectOption('Roses')
    // What arrives meanwhile takes nothing away from what was typed.
    await desk.agent.post(`${talk}/messages`, {
      content: 'Our offers',
      content_type: 'cards',
      content_attributes: {
        items: [
          {
            title: 'Tulips',
            description: 'Twelve, red',
            actions: [
              { type: 'link', text: 'See them', uri: 'https://example.com/tulips' },
              { type: 'link', text: 'Nothing', uri: 'javascript:alert(1)' },
              { type: 'postback', text: 'I take them', payload: 'take' },
            ],
          },
        ],
      },
    })
    await page.getByRole('link', { name: 'See them' }).waitFor()
    await page.screenshot({ path: join(SHOTS, 'desktop-dark-form.png') })
    expect(await page.getByText('Nothing').count()).toBe(0)
    expect(await form.getByLabel('Your email').inputValue()).toBe('ada@example.com')
    await form.getByRole('button', { name: 'Submit' }).click()
    await page.getByText('Thank you').waitFor()
    const { body } = await desk.agent.get(`${talk}/messages`)
    const asked = body.payload.find((message: any) => message.content_type === 'form')
    expect(asked.content_attributes.submitted_values).toEqual([
      { name: 'email', value: 'ada@example.com' },
      { name: 'topic', value: 'roses' },
    ])
    await page.getByRole('button', { name: 'I take them' }).click()
    await page.locator('.message.own').getByText('I take them').waitFor()
    await page.screenshot({ path: join(SHOTS, 'desktop-dark-talk.png') })
    expect(errorsOf(page)).toEqual([])
    await page.context().close()
  })

  it('knows whose messages are whose, and lets one in again who is proven', async () => {
    const desk = await openDesk()
    const hash = createHmac('sha256', desk.inbox.hmac_token).update('ada-1').digest('hex')
    const proven = `${desk.address}&identifier=ada-1&identifier_hash=${hash}`
    const first = await openPage(proven, DESKTOP)
    await say(first, 'From my desk')
    const phone = await openPage(proven, PHONE)
    await phone.locator('.message.own').getByText('From my desk').waitFor()
    await say(phone, 'From my phone')
    await first.getByText('From my phone').waitFor()
    // Without an identifier this browser is somebody else.
    await first.goto(desk.address)
    await first.getByText('How can we help?').waitFor()
    await first.goto(`${desk.address}&identifier=ada-1&identifier_hash=${'0'.repeat(64)}`)
    await first.getByRole('alert').getByText('did not accept who you are').waitFor()
    await Promise.all([first, phone].map((page) => page.context().close()))
  })

  it('takes files that are dropped, and tries again to begin', async () => {
    const desk = await openDesk()
    const page = await (await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' })).newPage()
    await page.route('**/public/api/**', (route) => route.fulfill({ status: 503 }))
    await page.goto(desk.address)
    await page.getByRole('alert').getByText('That did not work').waitFor()
    await page.screenshot({ path: join(SHOTS, 'desktop-failed.png') })
    await page.unroute('**/public/api/**')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('We are here').waitFor()

    await page.evaluate(`
      const data = new DataTransfer()
      data.items.add(new File(['Tulips, twelve'], 'order list.txt', { type: 'text/plain' }))
      document.body.dispatchEvent(new DragEvent('dragover', { dataTransfer: data, bubbles: true, cancelable: true }))
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
    `)
    await page.getByRole('button', { name: 'Remove order list.txt' }).waitFor()
    await page.screenshot({ path: join(SHOTS, 'desktop-file.png') })
    await page.getByRole('button', { name: 'Send' }).click()
    const file = page.getByRole('link', { name: 'order list.txt' })
    await file.waitFor()
    expect(await (await fetch((await file.getAttribute('href'))!)).text()).toBe('Tulips, twelve')
    await page.context().close()
  })

  it('shows what people write as text, and long words within the page', async () => {
    const markup = '<img src="x" onerror="window.hacked = true"><script>window.hacked = true</script>'
    const desk = await openDesk(`🌷 ${markup}`)
    const page = await openPage(desk.address.replace('Ada', encodeURIComponent(markup)), PHONE)
    await say(page, markup)
    const talk = await firstTalk(desk)
    const file = new FormData()
    file.append('attachments[]', new Blob(['Tulips']), `${markup}.txt`)
    await desk.agent.post(`${talk}/messages`, file)
    const unsafe = 'javascript:window.hacked=true'
    const items = [
      {
        title: markup,
        description: 'x'.repeat(300),
        media_url: unsafe,
        actions: [{ type: 'link', text: markup, uri: unsafe }],
      },
    ]
    await desk.agent.post(`${talk}/messages`, { content: markup, content_type: 'cards', content_attributes: { items } })
    await desk.agent.post(`${talk}/messages`, {
      content: 'Articles',
      content_type: 'article',
      content_attributes: { items: [{ title: markup, description: markup, link: unsafe }] },
    })
    await desk.agent.post(`${talk}/messages`, { content: `${unsafe} ${'x'.repeat(300)}` })
    await page.getByText('xxx').last().waitFor()
    await page.locator('.message').getByText('Articles').waitFor()
    await page.screenshot({ path: join(SHOTS, 'phone-markup.png') })
    expect(await page.evaluate('window.hacked')).toBe(undefined)
    expect(
      await page.locator('[href^="javascript:"], [src^="javascript:"], .message img, .message script').count(),
    ).toBe(0)
    expect(await page.locator('#mark').textContent()).toBe('🌷')
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
    expect(errorsOf(page)).toEqual([])
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
