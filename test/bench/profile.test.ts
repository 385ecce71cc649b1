import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { summarizeProfiles } from '../../bench/page/profile.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const urlOf = (file: string): string => pathToFileURL(path.join(ROOT, file)).href

/** A thread that did each of these for so many microseconds. */
function profile(work: readonly [name: string, url: string, micros: number][]): string {
  const nodes = work.map(([functionName, url], id) => ({
    id,
    callFrame: { functionName, url, lineNumber: 9 },
  }))
  const timeDeltas = work.map(([, , micros]) => micros)
  return JSON.stringify({ nodes, samples: nodes.map(({ id }) => id), timeDeltas })
}

it('a summary of profiles shows where all threads spent the time in which they did something', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'profiles-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const append = ['append', urlOf('dist/encoding/text-encoder.js'), 30] as const
  const worker = profile([
    [...append],
    ['(idle)', '', 900],
    ['(garbage collector)', '', 10],
    ['decode', urlOf('node_modules/@node-rs/crc32/index.js'), 20],
  ])
  writeFileSync(path.join(folder, 'CPU.1.cpuprofile'), worker)
  writeFileSync(
    path.join(folder, 'CPU.2.cpuprofile'),
    profile([[...append], ['x', 'node:net', 10]]),
  )
  writeFileSync(path.join(folder, 'notes.txt'), 'not a profile')

  const { places, functions } = summarizeProfiles(folder)

  expect(places).toEqual([
    { name: 'encoding', share: 0.6 },
    { name: '@node-rs/crc32', share: 0.2 },
    { name: '(garbage collector)', share: 0.1 },
    { name: 'Node', share: 0.1 },
  ])
  expect(functions[0]).toEqual({ name: 'append (encoding/text-encoder.js:10)', share: 0.6 })
})
