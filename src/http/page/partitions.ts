import { age, bytes, count, UNKNOWN } from './format.ts'
import { type Html, html } from './html.ts'
import type { PartitionPage, StatusPartition } from './status-document.ts'

/** What explanations tell people to run. */
const COMMAND = /(kafka-hdfs-sink offsets reset [^;]*?--execute|hdfs dfs -mv \S.*)/

export function renderPartitions(partitions: PartitionPage, nowMs: number): Html {
  const { rows } = partitions
  return html`${renderRange(partitions)}
${rows.length === 0 ? html`<p class="empty">${emptyText(partitions)}</p>` : renderTable(rows, nowMs)}
${renderPages(partitions)}`
}

/** Outside of what is updated, so that nobody is disturbed while typing. */
export function renderFilter({ filter }: PartitionPage): Html {
  return html`<form method="get" action="./#partitions" role="search" class="filter">
<label for="q">Show only</label>
<input id="q" name="q" type="search" value="${filter}" placeholder="topic-3, or stopped" autocomplete="off" spellcheck="false" maxlength="249">
<button type="submit">Filter</button>${filter === '' ? '' : html` <a href="./#partitions">all</a>`}
</form>`
}

function renderRange({ total, matching, filter, page, rows }: PartitionPage): Html {
  const which =
    filter === ''
      ? html`${count(total)} assigned`
      : html`${count(matching)} of ${count(total)} fit “${filter}”`
  const shown =
    rows.length < matching
      ? html`; shown ${page === 1 ? 'first' : `on page ${page}`}: ${count(rows.length)}`
      : ''
  return html`<p class="note">${which}${shown}. Those in trouble come first, then by lag.</p>`
}

function emptyText({ total, filter }: PartitionPage): string {
  if (total > 0) return `No partition fits “${filter}”.`
  return 'No partition is assigned to this process. That is fine where other members have them.'
}

function renderTable(rows: readonly StatusPartition[], nowMs: number): Html {
  return html`<div class="scroll" role="group" aria-label="Table of partitions" tabindex="0" id="partitions-table">
<table>
<thead><tr><th scope="col">Partition</th><th scope="col">State</th><th scope="col" class="n">Lag</th><th scope="col" class="n">Committed</th><th scope="col" class="n">Position</th><th scope="col" class="n">Log end</th><th scope="col" class="n">Buffered</th><th scope="col" class="n">Oldest</th><th scope="col" class="n">Worker</th></tr></thead>
<tbody>
${rows.map((row) => renderRow(row, nowMs))}
</tbody></table></div>`
}

function renderRow(row: StatusPartition, nowMs: number): Html {
  const { topic, partition, state, lagRecords, committed, position, logEnd, worker } = row
  const buffered =
    row.bufferedRecords === 0 && row.bufferedBytes === 0
      ? UNKNOWN
      : `${count(row.bufferedRecords)} · ${bytes(row.bufferedBytes)}`
  return html`<tr class="${state}"><th scope="row">${topic}-${partition}</th><td><span class="state">${state}</span></td><td class="n lag">${count(lagRecords)}</td><td class="n">${count(committed)}</td><td class="n">${count(position)}</td><td class="n">${count(logEnd)}</td><td class="n">${buffered}</td><td class="n">${row.oldestMs === null ? UNKNOWN : age(row.oldestMs, nowMs)}</td><td class="n">${worker}</td></tr>
${row.explanation === null ? '' : renderHelp(row)}`
}

function renderHelp({ topic, partition, reason, explanation }: StatusPartition): Html {
  const parts = (explanation ?? '').split(COMMAND)
  const text = parts.map((part, index) =>
    index % 2 === 1 ? html`<code class="command">${part}</code>` : part,
  )
  return html`<tr class="help"><td colspan="9"><p><strong>${topic}-${partition}: ${reason}.</strong> ${text}</p></td></tr>
`
}

function renderPages({ page, pages, filter }: PartitionPage): Html | '' {
  if (pages === 1) return ''
  const link = (to: number, text: string, rel: string): Html =>
    to < 1 || to > pages
      ? html`<span class="off">${text}</span>`
      : html`<a rel="${rel}" href="${hrefOf(filter, to)}">${text}</a>`
  return html`<nav class="pages" aria-label="Pages of partitions">${link(page - 1, 'Previous', 'prev')} <span>page ${page} of ${pages}</span> ${link(page + 1, 'Next', 'next')}</nav>`
}

function hrefOf(filter: string, page: number): string {
  const query = new URLSearchParams(filter === '' ? {} : { q: filter })
  query.set('page', String(page))
  return `./?${query}#partitions`
}
