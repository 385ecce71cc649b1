import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { ExecaError, execa } from 'execa'
import { JarsError } from './errors.ts'
import { mavenIsMissing } from './prerequisites.ts'

/** Class paths (jars, joined as Java wants them) of the two kinds of daemons. */
export interface ClassPaths {
  readonly kafka: string
  readonly hdfs: string
}

export interface ResolveOptions {
  /** Where found class paths are remembered, so that Maven runs once per change of the poms. */
  readonly cacheDirectory: string
  readonly onProgress?: ((line: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const POMS = ['pom.xml', 'jars/kafka/pom.xml', 'jars/hdfs/pom.xml']
const DOWNLOAD_TIMEOUT_MS = 20 * 60_000

/** Class paths of the poms in this folder, brought by Maven where they are not known already. */
export async function resolveClassPaths(options: ResolveOptions): Promise<ClassPaths> {
  const cached = path.join(options.cacheDirectory, await hashOfPoms())
  const known = await read(cached)
  if (known !== undefined) return known
  options.onProgress?.('bringing the jars of Kafka and Hadoop by Maven (160 MB, the first time)')
  await mkdir(options.cacheDirectory, { recursive: true })
  const fresh = await mkdtemp(path.join(options.cacheDirectory, 'new-'))
  try {
    await runMaven(fresh, options.signal)
    const found = await read(fresh)
    if (found === undefined)
      throw new JarsError('mvn ended well, but a jar that it names is missing')
    await replace(fresh, cached)
    return found
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

async function hashOfPoms(): Promise<string> {
  const hash = createHash('sha256')
  for (const pom of POMS) hash.update(await readFile(path.join(import.meta.dirname, pom)))
  return hash.digest('hex').slice(0, 16)
}

/** Undefined when nothing is remembered, or when Maven's repository was emptied since. */
async function read(directory: string): Promise<ClassPaths | undefined> {
  try {
    const kafka = (await readFile(path.join(directory, 'kafka.classpath'), 'utf8')).trim()
    const hdfs = (await readFile(path.join(directory, 'hdfs.classpath'), 'utf8')).trim()
    const jars = [...kafka.split(path.delimiter), ...hdfs.split(path.delimiter)]
    return jars.every((jar) => existsSync(jar)) ? { kafka, hdfs } : undefined
  } catch {
    return undefined
  }
}

/** Another process may do the same at this moment: either's result will do. */
async function replace(fresh: string, cached: string): Promise<void> {
  await rm(cached, { recursive: true, force: true })
  await rename(fresh, cached).catch(() => undefined)
}

async function runMaven(target: string, signal: AbortSignal | undefined): Promise<void> {
  const pom = path.join(import.meta.dirname, 'pom.xml')
  const args = [
    '-q',
    '-B',
    '-f',
    pom,
    'dependency:build-classpath',
    `-Dclasspath.directory=${target}`,
  ]
  try {
    await execa('mvn', args, {
      all: true,
      timeout: DOWNLOAD_TIMEOUT_MS,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    })
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error
    if (error.code === 'ENOENT') throw mavenIsMissing()
    signal?.throwIfAborted()
    throw new JarsError(firstError(String(error.all ?? '')) ?? error.shortMessage)
  }
}

function firstError(printed: string): string | undefined {
  const line = printed.split('\n').find((candidate) => candidate.includes('ERROR'))
  return line?.replace(/^.*?ERROR\S*\s*/, '').trim()
}
