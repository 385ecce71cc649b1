/** What a terminal or a browser obeys or shows as nothing, or by which it shows text in another order. */
const INVISIBLE = /(?![\t\n])[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** Text of others, for people: with the code points of what cannot be seen. */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}
