import { expect, it } from 'vitest'
import { visibleText } from '../../src/core/visible-text.ts'

it('what a terminal would obey is shown, and everything else is as it was', () => {
  expect(visibleText('\u001b]0;owned\u0007 \u009b2J')).toBe('\\u{1b}]0;owned\\u{7} \\u{9b}2J')
  expect(visibleText('색상 é\n\t')).toBe('색상 é\n\t')
})
