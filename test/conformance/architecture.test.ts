import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseSource, read, repositoryFiles, type SourceFile } from './source-files.ts'

/*
 * The shape of src/, enforced:
 *
 *   main.ts, compose.ts, cli.ts ...   wire the folders together; they alone know more than one
 *   sink/                             knows core, and the types of encoding
 *   every other folder                knows core and its own npm packages
 *   core/                             knows nobody: no package, no I/O, no clock, no chance
 */

const files = repositoryFiles()
const code = files.filter((path) => path.endsWith('.ts'))
const sources = code.filter((path) => path.startsWith('src/')).map((path) => parseSource(path))

/** Packages whose use is the business of one folder. */
const homes: Readonly<Record<string, string>> = {
  kafkajs: 'kafka',
  webhdfs: 'hdfs',
  zod: 'config',
  yaml: 'config',
  pino: 'telemetry',
  'pino-pretty': 'telemetry',
  'prom-client': 'telemetry',
}
/** Parts of Node that compute and do nothing else. */
const pureModules = new Set(['node:assert', 'node:buffer', 'node:path/posix'])
const impureNames = [
  ...['Date.now', 'new Date()', 'Math.random', 'crypto', 'performance'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
  ...['process', 'console', 'fetch', 'globalThis', 'require'],
]
const mostLines = 350

/** The folder of src/ that a file is in, '' for files directly in it. */
function folderOf(path: string): string {
  const [, folder = '', rest] = path.split('/')
  return rest === undefined ? '' : folder
}

function targetOf(file: SourceFile, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(file.path), specifier)
}

function packageOf(specifier: string): string | undefined {
  if (/^(\.|node:)/.test(specifier)) return undefined
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
}

interface Edge {
  readonly file: SourceFile
  readonly specifier: string
  readonly typeOnly: boolean
}

const edges: Edge[] = sources.flatMap((file) =>
  file.imports.map((imported) => ({ file, ...imported })),
)

function show(found: readonly Edge[]): string[] {
  return found.map(({ file, specifier }) => `${file.path} imports ${specifier}`)
}

function mayKnow(from: string, to: string, typeOnly: boolean): boolean {
  if (from === '' || from === to) return true
  if (from === 'core') return false
  if (to === 'core') return true
  return from === 'sink' && to === 'encoding' && typeOnly
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  const search = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (done.has(path)) return undefined
    for (const next of graph.get(path) ?? []) {
      const cycle = search(next, [...trail, path])
      if (cycle !== undefined) return cycle
    }
    done.add(path)
    return undefined
  }
  for (const path of graph.keys()) {
    const cycle = search(path, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

describe('the folders of src/', () => {
  it('know only whom they may know', () => {
    const wrong = edges.filter(({ file, specifier, typeOnly }) => {
      const target = targetOf(file, specifier)
      if (target?.startsWith('src/') !== true) return false
      return !mayKnow(folderOf(file.path), folderOf(target), typeOnly)
    })
    expect(show(wrong)).toEqual([])
  })

  it('import files that exist, inside src/', () => {
    const known = new Set(sources.map(({ path }) => path))
    const wrong = edges.filter(({ file, specifier }) => {
      const target = targetOf(file, specifier)
      return target !== undefined && !known.has(target)
    })
    expect(show(wrong)).toEqual([])
  })

  it('leave each package to the folder that adapts it', () => {
    const wrong = edges.filter(({ file, specifier }) => {
      const home = homes[packageOf(specifier) ?? '']
      return home !== undefined && home !== folderOf(file.path)
    })
    expect(show(wrong)).toEqual([])
  })

  it('import only packages that are installed in production', () => {
    const { dependencies } = JSON.parse(read('package.json'))
    const wrong = edges.filter(({ specifier, typeOnly }) => {
      const name = packageOf(specifier)
      return name !== undefined && !typeOnly && !Object.hasOwn(dependencies, name)
    })
    expect(show(wrong)).toEqual([])
  })

  it('have no cycles; types, which are gone when it runs, may refer to each other', () => {
    const graph = new Map(
      sources.map((file) => [
        file.path,
        file.imports.flatMap(({ specifier, typeOnly }) =>
          typeOnly ? [] : (targetOf(file, specifier) ?? []),
        ),
      ]),
    )
    expect(findCycle(graph)).toBeUndefined()
  })
})

describe('core', () => {
  const core = sources.filter(({ path }) => folderOf(path) === 'core')

  it('imports no package, and of Node only what computes', () => {
    const wrong = edges.filter(
      ({ file, specifier }) =>
        folderOf(file.path) === 'core' && !specifier.startsWith('.') && !pureModules.has(specifier),
    )
    expect(core.length).toBeGreaterThan(0)
    expect(show(wrong)).toEqual([])
  })

  it('has no clock, no timer, no chance and no process', () => {
    const wrong = core.flatMap(({ path, names }) =>
      impureNames.filter((name) => names.has(name)).map((name) => `${path} uses ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it('waits for nothing', () => {
    expect(core.filter(({ hasAsyncCode }) => hasAsyncCode).map(({ path }) => path)).toEqual([])
  })
})

describe('every file', () => {
  it(`has at most ${mostLines} lines of code`, () => {
    const long = code.filter((path) => read(path).split('\n').length - 1 > mostLines)
    expect(long).toEqual([])
  })

  it('names no package registry: everyone has their own', () => {
    const hosts = [
      ...[
        ['registry', 'npmjs', 'org'],
        ['registry', 'yarnpkg', 'com'],
        ['registry', 'npmmirror', 'com'],
      ],
      ...[
        ['repo', 'maven', 'apache', 'org'],
        ['repo1', 'maven', 'org'],
        ['proxy', 'golang', 'org'],
      ],
      ...[
        ['pypi', 'org'],
        ['pythonhosted', 'org'],
        ['static', 'crates', 'io'],
      ],
    ].map((labels) => labels.join('.'))
    const wrong = files.flatMap((path) => {
      const text = read(path)
      return hosts.filter((host) => text.includes(host)).map((host) => `${path} names ${host}`)
    })
    expect(wrong).toEqual([])
  })
})

describe('package-lock.json', () => {
  it('has no download addresses, and a checksum for every package', () => {
    const { packages } = JSON.parse(read('package-lock.json'))
    const entries = Object.entries<Record<string, unknown>>(packages).filter(
      ([path]) => path !== '',
    )
    expect(entries.length).toBeGreaterThan(100)
    expect(entries.filter(([, entry]) => 'resolved' in entry).map(([path]) => path)).toEqual([])
    expect(
      entries.filter(([, entry]) => typeof entry.integrity !== 'string').map(([path]) => path),
    ).toEqual([])
  })
})

describe('the rules above', () => {
  const parse = (text: string) => parseSource('src/core/example.ts', text)

  it('see every way to import', () => {
    const { imports } = parse(`
      import one from 'one'
      import type { Two } from './two.ts'
      import { type Three } from 'three'
      export * from './four.ts'
      export type { Five } from './five.ts'
      const six = await import('six')
      type Seven = import('seven').Seven
      const eight = new Worker(new URL('./eight.ts', import.meta.url))
      const nine = requireModule('nine/deep.js')
      // import ten from 'ten'
      const text = "import eleven from 'eleven'"
    `)
    expect(imports).toEqual([
      { specifier: 'one', typeOnly: false },
      { specifier: './two.ts', typeOnly: true },
      { specifier: 'three', typeOnly: true },
      { specifier: './four.ts', typeOnly: false },
      { specifier: './five.ts', typeOnly: true },
      { specifier: 'six', typeOnly: false },
      { specifier: 'seven', typeOnly: true },
      { specifier: './eight.ts', typeOnly: false },
      { specifier: 'nine/deep.js', typeOnly: false },
    ])
  })

  it('see what is used, and are not misled by fields, types and strings', () => {
    const { names } = parse(`
      interface Job { process: string; console: number }
      const job: Job = { process: 'console', console: 1 }
      export const result = job.process + Date.now() + (new Date() as unknown as string)
      export const fixed = new Date(0)
    `)
    expect(impureNames.filter((name) => names.has(name))).toEqual(['Date.now', 'new Date()'])
  })

  it('see asynchronous code, and not types that promise', () => {
    expect(parse('export interface Port { read(): Promise<void> }').hasAsyncCode).toBe(false)
    expect(parse('export const read = async () => 1').hasAsyncCode).toBe(true)
  })

  it('find a cycle and show it', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ])
    expect(findCycle(graph)).toEqual(['b', 'c', 'b'])
    expect(
      findCycle(
        new Map([
          ['a', ['b', 'c']],
          ['b', ['c']],
        ]),
      ),
    ).toBeUndefined()
  })
})
