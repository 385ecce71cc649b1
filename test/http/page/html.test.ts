import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeText, html } from '../../../src/http/page/html.ts'

describe('html', () => {
  it('escapes every value, in text and in attributes, and joins lists', () => {
    const hostile = `<script>alert("1")</script>'&`
    const shown = html`<p title="${hostile}">${[hostile, html`<b>${1}</b>`, null]}</p>`.text
    const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;'
    expect(shown).toBe(`<p title="${escaped}">${escaped}<b>1</b></p>`)
  })

  it('leaves no character that could end a text or an attribute, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(html`${text}`.text).not.toMatch(/[<>"']/)
      }),
    )
  })

  it('shows characters that hide or turn around what follows', () => {
    expect(escapeText('a\u202etxt.exe\u0000\u200b\u{e0041}')).toBe(
      'a\\u{202e}txt.exe\\u{0}\\u{200b}\\u{e0041}',
    )
    expect(escapeText('색상 é\n\t')).toBe('색상 é\n\t')
  })
})
