/** The files, the problems, and the configuration. */
import { age, bytes, clock, count, duration } from './format.ts'
import { type Html, html } from './html.ts'
import type { StatusDocument, StatusFile, StatusProblem } from './status-document.ts'

export function renderFiles({ files, nameNode, atMs }: StatusDocument): Html {
  if (files.length === 0) {
    return html`<p class="empty">No file was written since this process was started.</p>`
  }
  return html`<div class="scroll tall" role="group" aria-label="Table of files" tabindex="0" id="files-table">
<table>
<thead><tr><th scope="col">Path</th><th scope="col" class="n">Offsets</th><th scope="col" class="n">Records</th><th scope="col" class="n">Size</th><th scope="col">Ended by</th><th scope="col" class="n">Took</th><th scope="col" class="n">Ago</th></tr></thead>
<tbody>
${files.map((file) => renderFile(file, nameNode, atMs))}
</tbody></table></div>`
}

function renderFile(file: StatusFile, nameNode: string | null, nowMs: number): Html {
  const { path, startOffset, endOffset, records, filesOfFlush, trigger, durationMs, atMs } = file
  const name =
    nameNode === null ? html`${path}` : html`<a href="${browserUrl(nameNode, path)}">${path}</a>`
  const shared = filesOfFlush > 1 ? html` <span class="dim">in ${filesOfFlush} files</span>` : ''
  return html`<tr><th scope="row" class="path">${name}</th><td class="n">${startOffset}–${endOffset - 1}</td><td class="n">${count(records)}${shared}</td><td class="n">${bytes(file.bytes)}</td><td>${trigger}</td><td class="n">${duration(durationMs)}</td><td class="n">${renderTime(atMs, nowMs)}</td></tr>
`
}

/** The directory of a file in the NameNode's own browser, which shows directories only. */
export function browserUrl(nameNode: string, path: string): string {
  const directory = path.slice(0, path.lastIndexOf('/')) || '/'
  return `${nameNode}/explorer.html#${encodeURI(directory).replaceAll('#', '%23')}`
}

export function renderProblems(problems: readonly StatusProblem[], nowMs: number): Html {
  if (problems.length === 0) {
    return html`<p class="empty">Nothing was logged as a warning or worse since this process was started.</p>`
  }
  return html`<ol class="problems">
${problems.map((problem) => renderProblem(problem, nowMs))}
</ol>`
}

function renderProblem(problem: StatusProblem, nowMs: number): Html {
  const { level, text, detail, firstMs, lastMs, count: times } = problem
  const often =
    times > 1 ? html`, ${count(times)} times, first ${renderTime(firstMs, nowMs)} ago` : ''
  return html`<li class="${level}"><p class="when"><span class="level">${level}</span> ${renderTime(lastMs, nowMs)} ago${often}</p><p>${text}</p>${detail === null ? '' : html`<p class="detail">${detail}</p>`}</li>
`
}

/** Every key with its value, one a line. */
export function renderConfiguration(configuration: StatusDocument['configuration']): Html {
  const rows = keysOf(configuration, '')
  return html`<div class="scroll" role="group" aria-label="Table of keys" tabindex="0" id="configuration-table">
<table class="configuration"><thead><tr><th scope="col">Key</th><th scope="col">Value</th></tr></thead>
<tbody>
${rows.map(([key, value]) => html`<tr><th scope="row">${key}</th><td>${value}</td></tr>\n`)}
</tbody></table></div>`
}

function keysOf(value: unknown, name: string): [string, string][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, item]) =>
      keysOf(item, name === '' ? key : `${name}.${key}`),
    )
  }
  if (value === undefined) return []
  const items = Array.isArray(value) ? value : [value]
  return [
    [
      name,
      items
        .map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item)))
        .join(', '),
    ],
  ]
}

function renderTime(atMs: number, nowMs: number): Html {
  const iso = new Date(atMs).toISOString()
  return html`<time datetime="${iso}" title="${clock(atMs)} UTC">${age(atMs, nowMs)}</time>`
}
