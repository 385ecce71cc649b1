import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { JarsError, PrerequisiteError } from '../../stack/errors.ts'
import { resolveClassPaths } from '../../stack/maven.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'stack-maven-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true })
})

/** A mvn that counts its runs; `script` may use $TARGET, where the class paths belong. */
async function fakeMaven(script: string): Promise<void> {
  const file = path.join(directory, 'mvn')
  const head = `#!/bin/sh\necho run >> '${directory}/runs'\nfor a; do TARGET=\${a#*=}; done\n`
  await writeFile(file, head + script)
  await chmod(file, 0o755)
  vi.stubEnv('PATH', `${directory}:/bin:/usr/bin`)
}

async function runs(): Promise<number> {
  return (await readFile(path.join(directory, 'runs'), 'utf8')).split('\n').length - 1
}

describe('the class paths', () => {
  const cache = () => ({ cacheDirectory: path.join(directory, 'cache') })

  it('are asked of Maven once, and again when a jar is gone', async () => {
    const jar = path.join(directory, 'a.jar')
    await writeFile(jar, '')
    await fakeMaven(`: > '${jar}'
printf '${jar}' > "$TARGET/kafka.classpath"; printf '${jar}:${jar}' > "$TARGET/hdfs.classpath"\n`)
    const found = { kafka: jar, hdfs: `${jar}:${jar}` }
    expect(await resolveClassPaths(cache())).toEqual(found)
    expect(await resolveClassPaths(cache())).toEqual(found)
    expect(await runs()).toBe(1)
    await rm(jar)
    expect(await resolveClassPaths(cache())).toEqual(found)
    expect(await runs()).toBe(2)
  })

  it('are refused with the first error that Maven prints', async () => {
    await fakeMaven('echo "[INFO] x"; echo "[ERROR] no route to the repository"; exit 1\n')
    const failure = resolveClassPaths(cache())
    await expect(failure).rejects.toThrow(JarsError)
    await expect(failure).rejects.toThrow('no route to the repository')
  })

  it('name Maven as the missing prerequisite where there is none', async () => {
    vi.stubEnv('PATH', directory)
    const failure = resolveClassPaths(cache())
    await expect(failure).rejects.toThrow(PrerequisiteError)
    await expect(failure).rejects.toThrow(/^Maven is needed .* install it .*$/)
  })
})
