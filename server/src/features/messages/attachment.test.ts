import { describe, expect, it } from 'vitest'
import { startTestApp } from '../../../test/support.ts'
import { buildVisitor, formWith } from '../../../test/support/visitor.ts'

const t = startTestApp()

const WEBM = Buffer.from(
  '1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701ffffffffffffff',
  'hex',
)
const MP4 = Buffer.from('\0\0\0\x1cftypiso5\0\0\x02\0iso5iso6mp41', 'latin1')
const OGG = Buffer.concat([
  Buffer.from('OggS\0\x02', 'latin1'),
  Buffer.alloc(22),
  Buffer.from('OpusHead\x01', 'latin1'),
  Buffer.alloc(10),
])
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

describe('a file of a visitor', () => {
  it('is of a kind that its bytes tell, and its sender where bytes do not tell a sound from a film', async () => {
    const { messages } = await buildVisitor(t)
    const kindOf = async (name: string, type: string, content: string | Buffer) =>
      (await t.anyone.post(messages, formWith([[name, type, content]]))).body.attachments[0].file_type
    expect(await kindOf('recorded.webm', 'audio/webm;codecs=opus', WEBM)).toBe('audio')
    expect(await kindOf('recorded.webm', 'video/webm', WEBM)).toBe('video')
    expect(await kindOf('recorded.mp4', 'audio/mp4', MP4)).toBe('audio')
    expect(await kindOf('film.mp4', 'video/mp4', MP4)).toBe('video')
    expect(await kindOf('recorded.ogg', 'audio/ogg', OGG)).toBe('audio')
    expect(await kindOf('picture.txt', 'text/plain', PNG)).toBe('image')
    expect(await kindOf('recorded.m4a', '', MP4)).toBe('audio')
  })

  it('is of the kind that its name tells where its bytes tell nothing, or else its sender', async () => {
    const { messages } = await buildVisitor(t)
    const kindOf = async (name: string, type: string, content: string | Buffer) =>
      (await t.anyone.post(messages, formWith([[name, type, content]]))).body.attachments[0].file_type
    const silence = Buffer.alloc(2000)
    expect(await kindOf('silence.mp3', '', silence)).toBe('audio')
    expect(await kindOf('silence.MP3', 'application/octet-stream', silence)).toBe('audio')
    expect(await kindOf('silence.mp3', 'text/plain', silence)).toBe('audio')
    expect(await kindOf('silence', 'audio/mpeg', silence)).toBe('audio')
    expect(await kindOf('broken.png', '', PNG.subarray(0, 5))).toBe('image')
    expect(await kindOf('broken', 'video/mp4', 'words')).toBe('video')
    expect(await kindOf('nothing.png', 'image/png', '')).toBe('image')
    expect(await kindOf('odd.constructor', '', 'words')).toBe('file')
    expect(await kindOf('odd.png.', 'no type', 'words')).toBe('file')
  })

  it('that could run in a browser is a plain file, whatever it calls itself', async () => {
    const { messages } = await buildVisitor(t)
    const page = '<!doctype html><html><script>alert(1)</script></html>'
    const drawing = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    const files: [string, string, string][] = [
      ['drawing.svg', 'image/svg+xml', drawing],
      ['drawing.png', 'image/png', drawing],
      ['drawing.svg', 'image/png', 'words'],
      ['page.mp3', 'audio/mpeg', page],
      ['page.html', 'image/png', 'words'],
      ['page.xhtml', 'image/png', 'words'],
      ['data.png', 'image/png', '<?xml version="1.0"?><a/>'],
      ['script.js', 'audio/mpeg', 'alert(1)'],
    ]
    const { body } = await t.anyone.post(messages, formWith(files))
    expect(body.attachments.map((file: any) => file.file_type)).toEqual(files.map(() => 'file'))
  })

  it('is one of many; what is no file is refused, and nothing of it is kept', async () => {
    const { messages } = await buildVisitor(t)
    const many = Array.from({ length: 16 }, (_, i): [string, string, string] => [`${i}.txt`, 'text/plain', 'words'])
    expect((await t.anyone.post(messages, formWith(many))).body.attachments).toHaveLength(16)
    const mixed = formWith(many.slice(0, 1))
    mixed.append('attachments[]', 'words')
    const alone = new FormData()
    alone.append('attachments', new Blob(['words']), 'words.txt')
    for (const body of [mixed, alone, { attachments: ['words'] }, { attachments: 'words' }, { attachments: [1] }]) {
      expect(await t.anyone.post(messages, body)).toMatchObject({ status: 422, body: { attributes: ['attachments'] } })
    }
    expect((await t.anyone.get(messages)).body).toHaveLength(1)
  })
})

describe('a file of an agent', () => {
  it('may be one that was sent before, by its signed id', async () => {
    const { admin, base, talk } = await buildVisitor(t)
    const path = `${base}/conversations/${talk.id}/messages`
    const { body: first } = await admin.post(path, formWith([['words.txt', 'text/plain', 'words']]))
    const signedId = new URL(first.attachments[0].data_url).pathname.split('/').at(-2)!
    const again = await admin.post(path, { attachments: [signedId] })
    expect(again.body.attachments[0]).toMatchObject({ file_type: 'file', file_size: 5 })
    for (const wrong of [`${signedId}0`, 'words']) {
      expect(await admin.post(path, { attachments: [wrong] })).toMatchObject({ status: 422, body: REFUSED })
    }
  })
})

const REFUSED = { error: 'mismatched digest', attributes: ['attachments'] }

describe('an uploaded file', () => {
  const upload = () =>
    t.run(async (ctx) => {
      const file = { filename: 'words.txt', content: Buffer.from('words') }
      return t.app.files.signedId(await t.app.files.createBlob(ctx, file))
    })

  it('is taken from agents and visitors by its signed id', async () => {
    const { admin, base, talk, messages } = await buildVisitor(t)
    const file = { file_type: 'file', file_size: 5 }
    const byAgent = await admin.post(`${base}/conversations/${talk.id}/messages`, { attachments: [await upload()] })
    expect(byAgent.body.attachments).toMatchObject([file])
    const byVisitor = await t.anyone.post(messages, { attachments: [await upload()] })
    expect(byVisitor.body.attachments).toMatchObject([file])
    const form = formWith([['more.txt', 'text/plain', 'and more']])
    form.append('attachments[]', await upload())
    expect((await t.anyone.post(messages, form)).body.attachments).toMatchObject([{ file_size: 8 }, file])
  })

  it('that another account has is not taken, nor the picture of a person; nothing of the message is kept', async () => {
    const [mine, theirs] = [await buildVisitor(t), await buildVisitor(t)]
    const signedId = await upload()
    expect((await t.anyone.post(theirs.messages, { attachments: [signedId] })).status).toBe(200)
    const picture = new FormData()
    picture.append('profile[avatar]', new Blob([PNG], { type: 'image/png' }), 'ada.png')
    const { body: profile } = await mine.admin.put('/api/v1/profile', picture)
    const avatar = new URL(profile.avatar_url).pathname.split('/').at(-3)!
    const path = `${mine.base}/conversations/${mine.talk.id}/messages`
    for (const foreign of [signedId, avatar]) {
      expect(await mine.admin.post(path, { attachments: [foreign] })).toMatchObject({ status: 422, body: REFUSED })
      expect(await t.anyone.post(mine.messages, { attachments: [foreign] })).toMatchObject({
        status: 422,
        body: REFUSED,
      })
    }
    expect((await t.anyone.get(mine.messages)).body).toEqual([])
  })
})
