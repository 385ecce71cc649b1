/*
 * OpenMetrics 1.0 from the Prometheus text format. prom-client's own writer appends _total to the
 * counters of merged registries a second time, and cannot tell a gauge that only ends in _total.
 * The formats differ little: a counter's family has no _total, there are no empty lines, and the
 * last line is # EOF. Exemplars are never made here.
 */

export const openMetricsContentType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** Whether an Accept header rates OpenMetrics at least as high as plain text. */
export function prefersOpenMetrics(accept: string): boolean {
  const openMetrics = quality(accept, 'application/openmetrics-text')
  return openMetrics > 0 && openMetrics >= quality(accept, 'text/plain')
}

/** The highest of all entries of this media type: scrapers name it once per version. */
function quality(accept: string, mediaType: string): number {
  const qualities = accept.split(',').flatMap((entry) => {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase())
    if (type !== mediaType) return []
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    return [weight === undefined ? 1 : Number(weight.slice(2)) || 0]
  })
  return Math.max(0, ...qualities)
}

/** @param text the Prometheus text format, version 0.0.4 */
export function toOpenMetrics(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '')
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+) counter$/.exec(line)?.[1] ?? []))
  const written = lines.map((line) => {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
    if (comment === null) return line
    const [, keyword, name = '', rest = ''] = comment
    const family = counters.has(name) ? name.replace(/_total$/, '') : name
    return `# ${keyword} ${family} ${keyword === 'HELP' ? rest.replaceAll('"', '\\"') : rest}`
  })
  return [...written, '# EOF', ''].join('\n')
}
