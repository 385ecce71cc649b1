import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createRunDirectory, keepRunDirectory } from '../../stack/runs.ts'

let base: string
beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'stack-runs-'))
})
afterEach(async () => {
  await rm(base, { recursive: true })
})

/** What a process that is gone by now left behind. */
async function orphan(name: string): Promise<string> {
  const owner = spawn('true')
  await once(owner, 'exit')
  const directory = path.join(base, name)
  await mkdir(directory)
  await writeFile(path.join(directory, 'owner.pid'), `${owner.pid}\n`)
  return directory
}

it('a new run removes those whose owner is gone, and only those', async () => {
  const left = await orphan('run-left')
  const running = await createRunDirectory(base)
  expect([existsSync(left), existsSync(running)]).toEqual([false, true])
  await createRunDirectory(base)
  expect(existsSync(running)).toBe(true)
})

it('a run that is kept stays when its owner is gone', async () => {
  const left = await orphan('run-kept')
  await keepRunDirectory(left)
  await createRunDirectory(base)
  expect(existsSync(left)).toBe(true)
})
