import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { execa, type Options } from 'execa'
import getPort from 'get-port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/*
 * What whoever installs the package gets: packed, installed into an empty folder, started by npx.
 */

const REPOSITORY = path.join(import.meta.dirname, '../..')
const INSTALL_TIMEOUT_MS = 120_000

let folder = ''

/** With this Node first on the path, and nothing of what npm says about the repository. */
function inFolder(cwd: string): Options & { encoding?: 'utf8' } {
  const foreign = /^(npm_(package|lifecycle|config_local_prefix|config_prefix)|SINK_)/
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`
  const env = { ...Object.fromEntries(kept), PATH }
  return { cwd, env, extendEnv: false, reject: false, timeout: INSTALL_TIMEOUT_MS }
}

async function npm(cwd: string, ...args: string[]): Promise<void> {
  const { exitCode, stderr } = await execa('npm', args, inFolder(cwd))
  if (exitCode !== 0) throw new Error(`npm ${args.join(' ')} ended with ${exitCode}: ${stderr}`)
}

async function sink(...args: string[]) {
  const command = ['--no-install', 'kafka-hdfs-sink', ...args]
  const { exitCode, stdout, stderr } = await execa('npx', command, inFolder(folder))
  return { exitCode, out: String(stdout), err: String(stderr) }
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sink-package-'))
  await npm(REPOSITORY, 'run', 'build')
  await npm(REPOSITORY, 'pack', '--pack-destination', folder)
  await npm(folder, 'init', '--yes')
  // What `npm ci` has fetched for the repository is in npm's cache.
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  await npm(folder, 'install', ...quick, `kafka-hdfs-sink-${version()}.tgz`)
}, INSTALL_TIMEOUT_MS)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function version(): string {
  return JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8')).version
}

describe('the packed package, installed into an empty folder', () => {
  it('says its version, and describes its configuration', async () => {
    expect(await sink('version')).toMatchObject({ exitCode: 0, out: version() })
    const schema = await sink('config', 'schema')
    expect(JSON.parse(schema.out)).toMatchObject({ required: ['kafka', 'hdfs'] })
  })

  it('writes a configuration, finds it good, and does not write over it', async () => {
    expect(await sink('config', 'init')).toMatchObject({ exitCode: 0, out: '' })
    expect(await sink('config', 'init')).toMatchObject({ exitCode: 1 })
    const validate = await sink('validate', '--no-environment', '--config', 'sink.yaml')
    expect(validate).toMatchObject({ exitCode: 0, out: '' })
    expect(validate.err).toContain('sink.yaml is a valid configuration.')
    expect(await sink('validate', '--config', 'none.yaml')).toMatchObject({ exitCode: 78 })
  })

  it('has what it needs to reach Kafka and HDFS', async () => {
    const nobody = await getPort()
    const sets = [`kafka.brokers=localhost:${nobody}`, `hdfs.urls=http://localhost:${nobody}`]
    const flags = sets.flatMap((set) => ['--set', set])
    const validate = await sink('validate', '--config', 'sink.yaml', '--json', ...flags)
    expect(validate.exitCode).toBe(1)
    const { steps } = JSON.parse(validate.out) as { steps: { outcome: string; found: string }[] }
    const failed = steps.filter(({ outcome }) => outcome === 'failed')
    expect(failed.map(({ found }) => found)).toEqual([
      expect.stringContaining('ECONNREFUSED'),
      expect.stringContaining('ECONNREFUSED'),
    ])
  })

  it('brings the stand-in for the abandoned package that webhdfs asks for', () => {
    const inside = 'node_modules/kafka-hdfs-sink/node_modules/request/package.json'
    const { name } = JSON.parse(readFileSync(path.join(folder, inside), 'utf8'))
    expect(name).toBe('@cypress/request')
  })
})
