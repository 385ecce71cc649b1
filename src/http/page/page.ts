import { renderChart } from './charts.ts'
import { age, bytes, clock, count } from './format.ts'
import { type Html, html } from './html.ts'
import { renderFilter, renderPartitions } from './partitions.ts'
import type { SinkState, StatusDocument, StatusPoint } from './status-document.ts'
import { renderConfiguration, renderFiles, renderProblems } from './tables.ts'

const HEADLINES: Readonly<Record<SinkState, string>> = {
  starting: 'Starting',
  moving: 'Moving records',
  attention: 'Moving records, but needs attention',
  'not-ready': 'Not ready',
  stopping: 'Shutting down',
}

const LEAST_SHOWN_MS = 600_000
/** What was logged earlier explains little. */
const LATEST_MS = 300_000

/**
 * The whole page. Elements with `data-live` and an id are replaced by live.js with those of a
 * later page; all others stay as they are.
 */
export function renderPage(status: StatusDocument): string {
  const { sink, state, atMs, partitions, files, problems } = status
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${titleOf(status)}</title>
<link rel="stylesheet" href="page.css">
<link rel="icon" href="icon.svg" type="image/svg+xml">
<script src="live.js" type="module"></script>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header>
<h1>kafka-hdfs-sink <span class="dim">${sink.version}</span></h1>
<p id="about" data-live>group <b>${sink.group}</b>, up ${age(sink.startedMs, atMs)}, as of <time datetime="${new Date(atMs).toISOString()}">${clock(atMs)}</time> UTC</p>
<p class="live"><span id="live">Reload for newer figures.</span> <button id="pause" type="button" hidden aria-pressed="false">Pause</button></p>
</header>
<main id="main" tabindex="-1">
<section id="state" class="banner ${state}" data-live aria-label="State" role="status">
<h2>${HEADLINES[state]}</h2>
${renderReasons(status)}
</section>
<div id="latest" data-live>${renderLatest(status)}</div>
<section id="totals" data-live aria-label="Totals">${renderTotals(status)}</section>
<section id="charts" class="charts" data-live aria-label="The last hour">${renderCharts(status)}</section>
<section aria-labelledby="partitions-title" id="partitions"><div class="head"><h2 id="partitions-title">Partitions</h2>${renderFilter(partitions)}</div>
<div id="partitions-live" data-live>${renderPartitions(partitions, atMs)}</div></section>
<section aria-labelledby="files-title" id="files"><h2 id="files-title">Last files</h2>
<div id="files-live" data-live>${renderFiles(status)}</div></section>
<section aria-labelledby="problems-title" id="problems"><h2 id="problems-title">Warnings and errors</h2>
<div id="problems-live" data-live>${renderProblems(problems, atMs)}</div></section>
<section aria-labelledby="configuration-title" id="configuration"><h2 id="configuration-title">Configuration</h2>
<details><summary>All keys, defaults included; secrets are hidden</summary>${renderConfiguration(status.configuration)}</details></section>
</main>
<footer><p><a href="api/status">/api/status</a> the same as JSON, <a href="metrics">/metrics</a> for Prometheus, <a href="livez">/livez</a>, <a href="readyz">/readyz</a>. ${count(files.length)} files, ${count(problems.length)} warnings and errors are kept here at most 50 each; the log has them all. Node ${sink.node}.</p></footer>
</body>
</html>
`.text
}

/** The state first: a tab shows little more. */
function titleOf({ state, totals, sink }: StatusDocument): string {
  const stopped = totals.stopped > 0 ? `${totals.stopped} stopped` : undefined
  return `${stopped ?? HEADLINES[state]} · ${sink.group} · kafka-hdfs-sink`
}

function renderReasons({ reasons, checks }: StatusDocument): Html {
  if (reasons.length > 0) {
    return html`<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`
  }
  const well = checks.filter(({ name }) => name !== 'running').map(({ reason }) => reason)
  return html`<p>${well.join('; ')}.</p>`
}

/** Beside a state that is not well what was logged last, which mostly says why. Not said aloud. */
function renderLatest({ state, problems: [latest], atMs }: StatusDocument): Html | '' {
  if (state === 'moving' || latest === undefined) return ''
  if (atMs - latest.lastMs > LATEST_MS) return ''
  const { text, detail, lastMs } = latest
  const said = detail === null ? text : `${text}: ${detail}`
  return html`<p class="latest"><a href="#problems">Latest</a>, ${age(lastMs, atMs)} ago: ${said}</p>`
}

function renderTotals({ totals, history: { points } }: StatusDocument): Html {
  const { stopped, paused, bufferedBytes, budgetBytes } = totals
  const last = points.findLast(({ readPerSecond }) => readPerSecond !== null)
  const trouble = [
    stopped > 0 ? `${count(stopped)} stopped` : '',
    paused > 0 ? `${count(paused)} paused` : '',
  ]
  const entries: readonly (readonly [string, string, string])[] = [
    ['Lag', count(totals.lagRecords), 'records not yet in files'],
    ['Read', `${count(last?.readPerSecond ?? null)}/s`, 'records, just now'],
    [
      'Written',
      `${count(last?.writtenPerSecond ?? null)}/s`,
      `records, ${bytes(last?.writtenBytesPerSecond ?? null)}/s`,
    ],
    [
      'Buffered',
      bytes(bufferedBytes),
      `of ${bytes(budgetBytes)}, ${count(totals.bufferedRecords)} records`,
    ],
    [
      'Partitions',
      count(totals.partitions),
      trouble.filter((text) => text !== '').join(', ') || 'none stopped',
    ],
    ['Since start', count(totals.writtenRecords), `records, ${bytes(totals.writtenBytes)} written`],
  ]
  return html`<dl class="totals">${entries.map(([name, value, note]) => html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="dim">${note}</dd></div>`)}</dl>`
}

/** The last hour; of a sink that was just started what there is, ten minutes at least. */
function shownPoints({ points, bucketMs }: StatusDocument['history']): readonly StatusPoint[] {
  const first = points.findIndex(
    (point) => point.readPerSecond !== null || point.lagRecords !== null,
  )
  const least = LEAST_SHOWN_MS / bucketMs
  const count = first === -1 ? least : Math.max(least, points.length - first)
  return points.slice(-count)
}

function renderCharts({ history, atMs }: StatusDocument): Html {
  const points = shownPoints(history)
  const range = { fromMs: points[0]?.atMs ?? atMs, toMs: atMs }
  const valuesOf = (key: Exclude<keyof StatusPoint, 'atMs'>) => points.map((point) => point[key])
  return html`${renderChart({
    ...range,
    id: 'chart-throughput',
    title: 'Throughput',
    unit: 'records per second',
    series: [
      { name: 'read', className: 'second', filled: false, values: valuesOf('readPerSecond') },
      { name: 'written', className: 'first', filled: true, values: valuesOf('writtenPerSecond') },
    ],
  })}
${renderChart({
  ...range,
  id: 'chart-lag',
  title: 'Lag',
  unit: 'records',
  series: [{ name: 'lag', className: 'first', filled: true, values: valuesOf('lagRecords') }],
})}`
}
