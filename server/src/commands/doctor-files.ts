import { mkdir, readdir, rename, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Config } from '../config.ts'
import type { Database } from '../db/connect.ts'
import { createStorage } from '../files/storage.ts'
import type { Note } from './doctor-server.ts'

/** The file of a request that is under way has no row yet. */
const YOUNG = 60 * 60 * 1000
const SHOWN = 5
const MEGABYTE = 1024 ** 2

interface LostFile {
  path: string
  bytes: number
}

/** Files that no row names, which a crash leaves, and rows whose file is gone. */
export async function lookAtFiles(
  { kysely }: Database,
  { dataFolder }: Config,
  note: Note,
  { setAside }: { setAside: boolean },
): Promise<void> {
  const rows = await kysely
    .selectFrom('active_storage_blobs')
    .select('key')
    .where('service_name', '=', 'local')
    .execute()
  const keys = new Set(rows.map(({ key }) => key))
  const { lost, found } = await compare(join(dataFolder, 'storage'), keys)
  const missing = [...keys].filter((key) => !found.has(key))
  const size = (lost.reduce((sum, { bytes }) => sum + bytes, 0) / MEGABYTE).toFixed(1)
  const aside = join(dataFolder, 'lost-files')
  if (lost.length && setAside) {
    await mkdir(aside, { recursive: true })
    for (const { path } of lost) await rename(path, join(aside, basename(path)))
    note(
      'Files',
      true,
      `${lost.length} that belong to no row are now in ${aside}: delete it when nobody misses them`,
      true,
    )
  } else if (lost.length) {
    note(
      'Files',
      true,
      `${lost.length} (${size} MB) belong to no row, as a crash leaves them: parley doctor --set-aside moves them to ${aside}`,
      true,
    )
  } else note('Files', true, `${found.size}, each with its row`)
  if (missing.length) {
    const some = `${missing.slice(0, SHOWN).join(', ')}${missing.length > SHOWN ? ', …' : ''}`
    note(
      'Missing files',
      false,
      `${missing.length} ${missing.length === 1 ? 'row has' : 'rows have'} no file in ${join(dataFolder, 'storage')}: bring them back from a backup (${some})`,
    )
  }
}

/** A file of the same name elsewhere than its key says, half written perhaps, is as good as lost; a thumbnail belongs to the row of its picture. */
async function compare(folder: string, keys: Set<string>): Promise<{ lost: LostFile[]; found: Set<string> }> {
  const storage = createStorage(folder)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const lost: LostFile[] = []
  const found = new Set<string>()
  for (const { name, parentPath } of entries.filter((entry) => entry.isFile())) {
    const path = join(parentPath, name)
    if (keys.has(name)) {
      if (path === storage.path(name)) found.add(name)
      continue
    }
    const { size, mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > YOUNG) lost.push({ path, bytes: size })
  }
  return { lost, found }
}
