import { visibleText } from '../../core/visible-text.ts'

/** Text that is HTML already; made by `html` only, so that nothing gets into the page unescaped. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Value = Html | string | number | null | undefined | readonly Value[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A template in which every value is escaped, unless it is Html. Lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(
    parts
      .map((part, index) => part + (index < values.length ? textOf(values[index]) : ''))
      .join(''),
  )
}

/** For the text of an element, and for an attribute in quotes. */
export function escapeText(text: string): string {
  return visibleText(text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? ''))
}

function textOf(value: Value): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(textOf).join('')
  return escapeText(String(value))
}
