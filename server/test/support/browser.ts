import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const PLACES = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The system's Chromium: none is downloaded. */
export function startBrowser(): Promise<Browser> {
  const executablePath = PLACES.find((path) => path && existsSync(path))
  if (!executablePath) {
    throw new Error('There is no Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM_PATH.')
  }
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] })
}

export const PHONE = { width: 390, height: 844 }
export const DESKTOP = { width: 1280, height: 800 }
