import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startStack } from '../../stack/index.ts'
import { javaCommand, javaMajorVersion, requireJava } from '../../stack/prerequisites.ts'

const MAIN = path.join(import.meta.dirname, '../../stack/main.ts')

let bin: string
beforeEach(async () => {
  bin = await mkdtemp(path.join(tmpdir(), 'stack-bin-'))
})
afterEach(async () => {
  await rm(bin, { recursive: true })
})

async function fakeJava(version: string, directory: string = bin): Promise<void> {
  const file = path.join(directory, 'java')
  await writeFile(file, `#!/bin/sh\necho 'openjdk version "${version}" 2025-01-01' >&2\n`)
  await chmod(file, 0o755)
}

describe('the version of Java', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_452"', 8],
    ['openjdk version "26-ea" 2026-03-17', 26],
    ['The operation could not be completed. Unable to locate a Java Runtime.', undefined],
  ])('is found in %j', (printed, version) => {
    expect(javaMajorVersion(printed)).toBe(version)
  })

  it('is that of JAVA_HOME where there is one', async () => {
    await mkdir(path.join(bin, 'bin'))
    await fakeJava('21.0.1', path.join(bin, 'bin'))
    expect(javaCommand({ JAVA_HOME: bin })).toBe(path.join(bin, 'bin/java'))
    expect(javaCommand({ JAVA_HOME: path.join(bin, 'nothing') })).toBe('java')
    expect(await requireJava({ JAVA_HOME: bin, PATH: '' })).toBe(path.join(bin, 'bin/java'))
  })
})

describe('a prerequisite that is missing', () => {
  it('is named with what to install, in one line, when there is no Java', async () => {
    await expect(requireJava({ PATH: bin })).rejects.toThrow(
      /^Java 17 or newer is needed .*there is none: install .*openjdk-17-jre-headless.*$/,
    )
  })

  it('is named with what was found when Java is too old', async () => {
    await fakeJava('11.0.2')
    await expect(requireJava({ PATH: `${bin}:/bin:/usr/bin` })).rejects.toThrow(
      /^Java 17 or newer is needed .* java is Java 11: install .*$/,
    )
  })

  it('ends npm run stack with exit code 1 and one line', async () => {
    const { exitCode, stderr, stdout } = await execa(process.execPath, [MAIN, '--kind', 'jars'], {
      env: { PATH: bin },
      extendEnv: false,
      reject: false,
    })
    expect([exitCode, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^stack: Java 17 or newer is needed .*$/)
  })

  it('is named when STACK asks for a kind that does not exist', async () => {
    const { exitCode, stderr } = await execa(process.execPath, [MAIN], {
      env: { STACK: 'podman' },
      reject: false,
    })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('podman')
  })

  it('does not matter to a start that is cancelled before it began', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'))
    await expect(startStack({ signal })).rejects.toThrow('cancelled')
  })
})
