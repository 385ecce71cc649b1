import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type PartitionQuery, partitionPage } from '../../src/http/page/partition-page.ts'
import type { StatusDocument, StatusPartition } from '../../src/http/page/status-document.ts'
import { type HttpServer, startHttpServer } from '../../src/http/server.ts'
import { NOW_MS, partitionRow, STOPPED, statusSample } from '../http/page/sample.ts'
import { startChromium } from './chromium.ts'

/*
 * The page as a browser shows it, served by the sink's own HTTP server. What the sink says of itself
 * is made up here: for that it is real see test/integration/status-page.test.ts.
 */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** The browser's own time; the page asks again every three seconds. */
const SOON_MS = 4_000
const MANY = Array.from({ length: 1_000 }, (_, index) => partitionRow(index))
const TROUBLED: Partial<StatusDocument> = {
  state: 'not-ready',
  reasons: ['hdfs: failing: rename', '1 partition is stopped: select-color-7'],
  problems: statusSample().problems.map((problem) => ({ ...problem, lastMs: NOW_MS - 1_000 })),
}

let browser: Browser
let server: HttpServer
let document: Partial<StatusDocument>
let rows: readonly StatusPartition[]
/** Whatever the browser complained of: refused by the policy, not found, or thrown. */
let complaints: string[]

beforeAll(async () => {
  browser = await startChromium()
})

afterAll(() => browser?.close())

beforeEach(async () => {
  document = {}
  rows = [partitionRow(0), partitionRow(1), STOPPED]
  complaints = []
  server = await serve(0)
})

afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
  await server.close()
})

async function serve(port: number): Promise<HttpServer> {
  const status = (query: PartitionQuery) =>
    statusSample({ ...document, partitions: partitionPage(rows, query) }, rows)
  const none = () => []
  const handlers = {
    group: 'g',
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    live: none,
    ready: none,
    stopped: none,
    status,
  }
  return await startHttpServer({ host: '127.0.0.1', port, handlers })
}

async function open(options: BrowserContextOptions = {}, path = '/'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  await page.clock.install()
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
  await page.goto(server.url + path)
  return page
}

async function accessibilityProblems(page: Page): Promise<unknown> {
  // As the page's own policy allows no other script, it comes in beside it.
  return await page.evaluate(`(async () => {
    ${AXE}
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' '))
  })()`)
}

async function overflows(page: Page): Promise<boolean> {
  return await page.evaluate('document.documentElement.scrollWidth > window.innerWidth')
}

/** Goes on with Tab until this has the focus. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab')
    if (await page.locator(selector).evaluate((element) => element.matches(':focus'))) return
  }
  throw new Error(`Tab never came to ${selector}`)
}

describe('the page', () => {
  it('without JavaScript shows everything, filters, and says how to get newer figures', async () => {
    rows = [...MANY, { ...STOPPED, topic: 'other' }]
    const page = await open({ javaScriptEnabled: false })
    await expect(page.locator('#state h2').innerText()).resolves.toBe('Moving records')
    await expect(page.locator('#live').innerText()).resolves.toBe('Reload for newer figures.')
    expect(await page.locator('#pause').isVisible()).toBe(false)
    expect(await page.locator('#partitions tbody tr').count()).toBe(51)
    await page.getByRole('link', { name: 'Next' }).click()
    expect(await page.locator('.pages').innerText()).toContain('page 2 of 21')
    await page.getByLabel('Show only').fill('other')
    await page.getByRole('button', { name: 'Filter' }).click()
    expect(await page.locator('#partitions tbody th').allInnerTexts()).toEqual(['other-7'])
    await page.locator('summary').click()
    expect(await page.getByText('kafka.brokers').isVisible()).toBe(true)
  })

  it('is renewed by itself, and keeps focus, filter text and open details', async () => {
    const page = await open()
    await page.locator('summary').click()
    await page.getByLabel('Show only').fill('col')
    await page.locator('#files-table').focus()
    document = { ...TROUBLED, files: [] }
    rows = [partitionRow(0, { lagRecords: 987_654 })]
    await page.clock.runFor(SOON_MS)
    await page.getByText('987,654').waitFor()
    expect(await page.locator('#state').getAttribute('class')).toBe('banner not-ready')
    expect(await page.locator('#state li').first().innerText()).toBe('hdfs: failing: rename')
    expect(await page.getByLabel('Show only').inputValue()).toBe('col')
    expect(await page.getByText('kafka.brokers').isVisible()).toBe(true)
    expect(complaints).toEqual([])
  })

  it('keeps the focus on what is renewed around it', async () => {
    const page = await open()
    await page.locator('#partitions-table').focus()
    rows = [partitionRow(0, { lagRecords: 987_654 })]
    await page.clock.runFor(SOON_MS)
    await page.getByText('987,654').waitFor()
    expect(await page.evaluate('document.activeElement.id')).toBe('partitions-table')
  })

  it('says that it is old when the sink does not answer, and is renewed when it does', async () => {
    const page = await open()
    const { port } = server
    await server.close()
    await page.clock.runFor(SOON_MS)
    await page.locator('#live.lost').waitFor()
    expect(await page.locator('#live').innerText()).toMatch(/^No answer from the sink since /)
    expect(await page.locator('#live').getAttribute('role')).toBe('alert')
    server = await serve(port)
    await page.clock.runFor(2 * SOON_MS)
    await page.getByText('Live, every').waitFor()
  })

  it('stands still while it is paused', async () => {
    const page = await open()
    await page.getByRole('button', { name: 'Pause' }).click()
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.clock.runFor(60_000)
    expect(asked).toEqual([])
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('Live, every').waitFor()
    expect(asked).toHaveLength(1)
  })

  it('can be used by keyboard alone, and shows where the focus is', async () => {
    rows = MANY
    const page = await open()
    await page.keyboard.press('Tab')
    expect(await page.locator('.skip').evaluate((skip) => skip.matches(':focus'))).toBe(true)
    expect(await page.locator('.skip').boundingBox()).toMatchObject({ y: expect.any(Number) })
    await page.keyboard.press('Enter')
    await tabTo(page, '#q')
    const outline = await page
      .locator('#q')
      .evaluate('getComputedStyle(document.activeElement).outline')
    expect(outline).toMatch(/solid 2px|2px solid/)
    await page.keyboard.type('color-99')
    await page.keyboard.press('Enter')
    await page.waitForURL(/q=color-99/)
    expect(await page.locator('#partitions tbody tr').count()).toBe(11)
    await tabTo(page, 'summary')
    await page.keyboard.press('Enter')
    expect(await page.getByText('kafka.brokers').isVisible()).toBe(true)
  })

  it.each(['light', 'dark'] as const)('is %s as asked, and accessible so', async (colorScheme) => {
    document = TROUBLED
    const page = await open({ colorScheme })
    const ground = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const [red = Number.NaN] = ground.match(/\d+/g)?.map(Number) ?? []
    expect(red > 128).toBe(colorScheme === 'light')
    await page.locator('summary').click()
    expect(await accessibilityProblems(page)).toEqual([])
    for (const state of ['moving', 'attention'] as const) {
      document = { state }
      await page.reload()
      expect(await accessibilityProblems(page)).toEqual([])
    }
    expect(complaints).toEqual([])
  })

  it('fits a phone: only tables are wider, and they scroll in themselves', async () => {
    document = TROUBLED
    const page = await open({ viewport: { width: 360, height: 740 } })
    expect(await overflows(page)).toBe(false)
    expect(await accessibilityProblems(page)).toEqual([])
  })

  it('runs nothing that a topic, a path or an error brings with it', async () => {
    const hostile = `"><img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`
    const [problem] = statusSample().problems
    if (problem === undefined) throw new Error('the sample has no problem')
    document = { reasons: [hostile], problems: [{ ...problem, text: hostile, detail: hostile }] }
    rows = [{ ...STOPPED, topic: hostile, explanation: hostile }]
    const page = await open()
    await page.getByText('Live, every').waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.locator('#problems').innerText()).toContain(hostile)
    expect(await page.title()).not.toBe('broken')
    expect(complaints).toEqual([])
  })
})

it('where there is no Chromium the tests say what to install', async () => {
  await expect(startChromium({ PATH: '/nowhere' })).rejects.toThrow(
    /apt install chromium.*CHROMIUM_PATH/,
  )
})
