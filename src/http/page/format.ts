/** How numbers, sizes and times are written on the page. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
const SHORT = ['', 'k', 'M', 'G', 'T', 'P']
export const UNKNOWN = '–'

/** 1,234,567; a dash for what is not known. */
export function count(value: number | null): string {
  return value === null ? UNKNOWN : Math.round(value).toLocaleString('en-US')
}

/** Two or three digits and a unit: 12.3 MiB. */
export function bytes(value: number | null): string {
  if (value === null) return UNKNOWN
  const power = powerOf(value, 1024, UNITS.length)
  return `${digits(value / 1024 ** power)} ${UNITS[power]}`
}

/** For an axis, or a rate: 1.2k. */
export function short(value: number | null): string {
  if (value === null) return UNKNOWN
  const power = powerOf(value, 1000, SHORT.length)
  return `${digits(value / 1000 ** power)}${SHORT[power]}`
}

/** 250 ms, 12 s, 3 min 5 s, 2 h 4 min, 3 d 2 h. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return ms < 10_000 ? `${digits(ms / 1000)} s` : `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return pair(minutes, 'min', seconds % 60, 's')
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'min')
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

/** How long ago, in whole seconds. */
export function age(atMs: number, nowMs: number): string {
  return duration(Math.max(0, Math.round((nowMs - atMs) / 1000)) * 1000).replace(/^0 ms$/, '0 s')
}

/** 14:03:27, in UTC. */
export function clock(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 19)
}

function pair(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`
}

function digits(value: number): string {
  if (Number.isInteger(value) || value >= 100) return String(Math.round(value))
  return value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, '')
}

function powerOf(value: number, base: number, powers: number): number {
  let power = 0
  while (power < powers - 1 && Math.round(value / base ** power) >= base) power += 1
  return power
}
