import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the project: found from here, whether this file runs by itself or inside the bundle. */
export const PROJECT = findProject(dirname(fileURLToPath(import.meta.url)))

function findProject(folder: string): string {
  if (existsSync(join(folder, 'server/src/db/migrations'))) return folder
  if (folder === dirname(folder)) throw new Error('The files of the project cannot be found.')
  return findProject(dirname(folder))
}

export const PARLEY_VERSION = (JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { version: string })
  .version
