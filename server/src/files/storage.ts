import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { randomBytes } from 'node:crypto'
import type { Storage } from '../vocabulary/files.ts'

const KEY = /^[A-Za-z0-9_-]{4,100}$/

/** Laid out as ActiveStorage's disk service does: `ab/cd/abcd…`. */
export function createStorage(folder: string): Storage {
  const path = (key: string) => {
    if (!KEY.test(key)) throw new Error('this is no key of a file')
    return join(folder, key.slice(0, 2), key.slice(2, 4), key)
  }
  return {
    folder,
    path,
    /** Whole or not at all: written beside its place, made durable, then moved there. */
    async write(key, content) {
      const place = path(key)
      await mkdir(dirname(place), { recursive: true })
      const beside = `${place}.${randomBytes(6).toString('hex')}`
      try {
        const file = await open(beside, 'w')
        try {
          await file.writeFile(content)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(beside, place)
      } catch (error) {
        // What was half written would fill a disk that is full already.
        await rm(beside, { force: true })
        throw error
      }
    },
    async size(key) {
      return stat(path(key)).then(
        (found) => found.size,
        () => null,
      )
    },
    read: (key, range) => createReadStream(path(key), range),
    remove: (key) => rm(path(key), { force: true }),
  }
}
