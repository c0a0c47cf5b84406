import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startEmbedded } from './embedded.ts'

const statOf = (pid: number | string) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

it.runIf(process.platform === 'linux')(
  'a Parley that has ended holds no folder, even where nobody has asked after it; a living one does',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-embedded-'))
    // The shell becomes a sleeper, which never asks how its child ended. The child outlives the shell.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'])
    try {
      const ended = await new Promise<string>((resolve) =>
        parent.stdout.once('data', (data) => resolve(String(data).trim())),
      )
      for (let i = 0; statOf(ended)[0] !== 'Z' && i < 100; i++) await sleep(20)
      expect(statOf(ended)[0]).toBe('Z')
      writeFileSync(join(folder, 'parley.pid'), `${parent.pid} ${statOf(parent.pid!)[19]}`)
      await expect(startEmbedded({ folder, unsafe: true })).rejects.toThrow(
        `Another Parley (process ${parent.pid}) is already running`,
      )
      writeFileSync(join(folder, 'parley.pid'), `${ended} ${statOf(ended)[19]}`)
      const embedded = await startEmbedded({ folder, unsafe: true })
      await embedded.stop()
    } finally {
      parent.kill()
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
