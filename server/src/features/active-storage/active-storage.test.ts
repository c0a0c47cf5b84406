import sharp from 'sharp'
import { expect, it } from 'vitest'
import { startTestApp, type Answer } from '../../../test/support.ts'
import { buildVisitor, formWith } from '../../../test/support/visitor.ts'
import { signDiskKey } from '../../lib/rails-signatures.ts'

const t = startTestApp()
const BMP = Buffer.from(
  '424d3a0000000000000036000000280000000100000001000000010018000000000004000000130b0000130b000000000000000000000000ff00',
  'hex',
)

async function sent(name: string, type: string, content: string | Buffer) {
  const { messages } = await buildVisitor(t)
  const { body } = await t.anyone.post(messages, formWith([[name, type, content]]))
  return body.attachments[0] as { data_url: string; thumb_url: string; file_size: number }
}

const pathOf = (url: string) => new URL(url).pathname

/** Where the address of a file leads. */
async function placeOf(url: string): Promise<string> {
  const { status, headers } = await t.anyone.get(pathOf(url))
  expect(status).toBe(302)
  return pathOf(headers.get('location')!)
}

it('a file is read whole, in part, by its head, and not again when it is known', async () => {
  const place = await placeOf((await sent('words.txt', 'text/plain', 'words')).data_url)
  const whole = await t.anyone.get(place)
  expect([whole.status, whole.text, whole.headers.get('content-type')]).toEqual([200, 'words', 'text/plain'])
  const part = async (range: string): Promise<[number, string, string | null]> => {
    const { status, text, headers } = await t.anyone.get(place, undefined, { range })
    return [status, text, headers.get('content-range')]
  }
  expect(await part('bytes=0-1')).toEqual([206, 'wo', 'bytes 0-1/5'])
  expect(await part('bytes=2-')).toEqual([206, 'rds', 'bytes 2-4/5'])
  expect(await part('bytes=-2')).toEqual([206, 'ds', 'bytes 3-4/5'])
  expect(await part('bytes=5-')).toEqual([416, '', 'bytes */5'])
  expect(await part('bytes=0-0,2-2')).toEqual([200, 'words', null])
  const head = await fetch(t.base + place, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '5'])
  expect((await t.anyone.get(place, undefined, { 'if-none-match': whole.headers.get('etag')! })).status).toBe(304)
})

it('an empty file is a file', async () => {
  const file = await sent('nothing.txt', 'text/plain', '')
  expect(file.file_size).toBe(0)
  expect(await t.anyone.get(await placeOf(file.data_url))).toMatchObject({ status: 200, text: '' })
})

it('a place is open for five minutes, to those who were led there', async () => {
  const key = (await placeOf((await sent('words.txt', 'text/plain', 'words')).data_url)).split('/').at(-2)!
  const missing = ({ status }: Answer) => expect(status).toBe(404)
  missing(await t.anyone.get(`/rails/active_storage/disk/${key}0/words.txt`))
  const value = { key: 'aaaabbbb', type: 'text/plain', filename: 'words.txt' }
  missing(
    await t.anyone.get(
      `/rails/active_storage/disk/${signDiskKey('a'.repeat(128), value, new Date(Date.now() - 1000))}/words.txt`,
    ),
  )
  missing(
    await t.anyone.get(
      `/rails/active_storage/disk/${signDiskKey('b'.repeat(128), value, new Date(Date.now() + 60_000))}/words.txt`,
    ),
  )
  const { data_url: url } = await sent('words.txt', 'text/plain', 'words')
  const [id, name] = pathOf(url).split('/').slice(-2)
  missing(await t.anyone.get(`/rails/active_storage/blobs/redirect/${id}0/${name}`))
})

it('a sound plays where it stands', async () => {
  const sound = Buffer.from('\0\0\0\x18ftypM4A \0\0\0\0M4A isom', 'latin1')
  const { headers } = await t.anyone.get(await placeOf((await sent('sound.m4a', 'audio/x-m4a', sound)).data_url))
  expect(headers.get('content-type')).toBe('audio/x-m4a')
  expect(headers.get('content-disposition')).toMatch(/^inline/)
})

it('a picture has a thumbnail that shows, drawn anew or itself', async () => {
  const png = await sharp({ create: { width: 600, height: 400, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const drawn = await fetch(t.base + (await placeOf((await sent('a.png', 'image/png', png)).thumb_url)))
  expect((await sharp(Buffer.from(await drawn.arrayBuffer())).metadata()).width).toBe(250)
  const itself = await fetch(t.base + (await placeOf((await sent('a.bmp', 'image/bmp', BMP)).thumb_url)))
  expect([itself.status, itself.headers.get('content-type')]).toEqual([200, 'image/bmp'])
})
