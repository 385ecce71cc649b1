import { type Browser, chromium } from 'playwright-core'
import { findOnPath } from '../support/executables.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** A browser of this machine, without a window. Throws what to do where there is none. */
export async function startChromium(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Browser> {
  return await chromium.launch({
    executablePath: chromiumPath(environment),
    // Its sandbox refuses to run as root, and what it opens is our own page.
    chromiumSandbox: process.getuid?.() !== 0,
  })
}

/** CHROMIUM_PATH, or the first on the PATH. */
export function chromiumPath(environment: NodeJS.ProcessEnv): string {
  const { CHROMIUM_PATH: told, PATH = '' } = environment
  if (told !== undefined && told !== '') return told
  const found = findOnPath(NAMES, PATH)
  if (found !== undefined) return found
  throw new Error(
    'The tests of the status page need Chromium, and there is none on the PATH. Install it (Debian: ' +
      'apt install chromium; macOS: brew install --cask chromium), or set CHROMIUM_PATH to a ' +
      'Chromium or Chrome.',
  )
}
