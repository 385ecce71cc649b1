import { readFileSync } from 'node:fs'

/** A file that the page asks for. */
export interface Asset {
  readonly type: string
  readonly body: string
}

/** By path. Read once: they lie beside this file, in the sources as in the build. */
export function pageAssets(): ReadonlyMap<string, Asset> {
  const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
  return new Map([
    ['/page.css', { type: 'text/css; charset=utf-8', body: read('./page.css') }],
    ['/live.js', { type: 'text/javascript; charset=utf-8', body: read('./live.js') }],
    ['/icon.svg', { type: 'image/svg+xml', body: read('./icon.svg') }],
  ])
}
