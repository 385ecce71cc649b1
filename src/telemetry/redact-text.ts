const HIDDEN = '[secret]'
const CREDENTIALS_IN_URL = /((?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:\/\/)[^\s/?#]+@/gi
/** Not `secret-events:3`, which is a topic and a partition of a command. */
const NAMED =
  /((?:pass(?:word|wd|phrase)?|secret|token|delegation|credential|api[_-]?key|signature)[\w.-]*(?:["']\s*:|["']?\s*=|\s*:(?=[\s"']))\s*["']?)[^\s"'&,;)}\]]+/gi
const AUTHORIZATION = /\b(bearer|basic|negotiate)\s+[\w+/=.~-]{6,}/gi

/**
 * The text without what looks like a secret: what stands before an @ in a URL, what follows the
 * name of one, and each of `known`, wherever it stands. For what leaves the process as a page.
 */
export function redactText(text: string, known: readonly string[] = []): string {
  let result = text
  for (const secret of known) if (secret !== '') result = result.replaceAll(secret, HIDDEN)
  return result
    .replace(CREDENTIALS_IN_URL, `$1${HIDDEN}@`)
    .replace(NAMED, `$1${HIDDEN}`)
    .replace(AUTHORIZATION, `$1 ${HIDDEN}`)
}
