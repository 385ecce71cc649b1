import { readFileSync } from 'node:fs'

/** Of package.json, which is one level up from src/ and from dist/. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { version }: { version?: unknown } = JSON.parse(text)
  return String(version)
}
