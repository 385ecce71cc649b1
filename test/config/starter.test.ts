import { expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { renderStarter } from '../../src/config/starter.ts'

const load = (text: string) => loadConfig({ file: 'sink.yaml', text, env: {}, sets: [] })

it('the file to begin with is valid, and changes no default', () => {
  const config = load(renderStarter())
  const least = 'kafka: {brokers: [localhost:9092], topics: [select-color]}\n'
  expect(config).toEqual(load(`${least}hdfs: {urls: [http://localhost:9870]}\n`))
})

it('each of its keys may be taken out of its comment', () => {
  const lines = renderStarter().split('\n')
  const commented = lines.filter((line) => /^ {2}# [a-zA-Z]+: \S+$/.test(line))
  expect(commented.length).toBeGreaterThan(10)
  for (const line of commented.filter((each) => !each.includes('topicPattern'))) {
    const text = lines.map((each) => (each === line ? each.replace('# ', '') : each)).join('\n')
    expect(load(text)).toEqual(load(renderStarter()))
  }
})

it('no line of it is wider than a page', () => {
  expect(
    renderStarter()
      .split('\n')
      .filter((line) => line.length > 100),
  ).toEqual([])
})
