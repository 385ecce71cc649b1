/*
 * Errors quote what they are about, and that may be a password that stands where none is expected:
 * in the URL of a NameNode, or beside a key that is mistyped. What looks like one is starred out.
 */

/** user:password@ of a URL; the user too, since some tokens are given as one. */
const USER_INFO = /(?<=:\/\/)\S+(?=@)/g
/** The rest of the line after a key that is called like a secret. */
const AFTER_SECRET_KEY =
  /(?<=(?:passw|passphrase|secret|token|credential)[\w.-]*["']?\s*[:=]\s*)\S.*/gi

/** The same text, as long as before, so that a caret under it still points at its place. */
export function hideSecrets(text: string): string {
  const stars = (found: string) => '*'.repeat(found.length)
  return text.replace(USER_INFO, stars).replace(AFTER_SECRET_KEY, stars)
}
