import {
  hdfsNameProblem,
  PathTemplateError,
  splitComponents,
  type Token,
  utf8Length,
} from './path-template-tokens.ts'

/** HDFS's own limit for one name, unless it is configured otherwise. */
export const MAX_COMPONENT_BYTES = 255
const CODEC_SUFFIXES = ['.gz', '.zst', '.bz2', '.deflate', '.lz4', '.snappy']

/** What a path must tell apart, it must name. */
export function checkPlaceholders(
  tokens: readonly Token[],
  singleTopic: boolean,
  source: string,
): void {
  const names = new Set(tokens.map((token) => (token.kind === 'number' ? token.name : token.kind)))
  const missing = (placeholder: string, why: string) =>
    new PathTemplateError(
      { column: 1, length: source.length },
      `does not have ${placeholder}: ${why}`,
      `Add ${placeholder}`,
    )
  if (!names.has('partition')) {
    throw missing('{partition}', 'files of two partitions could get the same name')
  }
  if (!names.has('startOffset') && !names.has('endOffset')) {
    throw missing('{startOffset}', 'every flush would want the same name')
  }
  if (!names.has('topic') && !singleTopic) {
    throw missing('{topic}', 'files of two topics could get the same name')
  }
}

/** Every name must be one that HDFS takes, as far as it can be told without a topic. */
export function checkComponents(path: readonly Token[]): void {
  const [nothing, ...components] = splitComponents(path)
  if (nothing?.tokens.length !== 0) throw new TypeError('A path starts with a slash')
  for (const { tokens, column } of components) {
    const length = tokens.reduce((sum, token) => sum + token.length, 0)
    const text = tokens.map((token) => (token.kind === 'literal' ? token.text : '')).join('')
    const isLiteral = tokens.every((token) => token.kind === 'literal')
    const problem = hdfsNameProblem(isLiteral ? text : `x${text}`)
    if (problem !== undefined) {
      const whatToDo = 'Write a path that HDFS and its readers accept'
      throw new PathTemplateError({ column, length }, problem, whatToDo)
    }
    const leastBytes = tokens.reduce((sum, token) => sum + leastLength(token), 0)
    if (leastBytes > MAX_COMPONENT_BYTES) {
      throw new PathTemplateError(
        { column, length },
        `makes names of ${leastBytes} bytes or more`,
        `HDFS takes names of at most ${MAX_COMPONENT_BYTES} bytes: make it shorter`,
      )
    }
  }
}

function leastLength(token: Token): number {
  if (token.kind === 'literal') return utf8Length(token.text)
  if (token.kind === 'time') return token.name.length
  return token.kind === 'number' ? token.width : 1
}

/**
 * Every placeholder of variable width must be readable back from the path. Reading from the left
 * works past one that is followed by a character it cannot contain, reading from the right past one
 * that is preceded by such a character; a single one may be left over between the two.
 */
export function checkAmbiguity(tokens: readonly Token[]): void {
  let leftOver: Token | undefined
  tokens.forEach((token, index) => {
    const alphabet = variableAlphabet(token)
    if (!alphabet) return
    const before = tokens[index - 1]
    const after = tokens[index + 1]
    const endsBefore = before?.kind === 'literal' && !alphabet.test(before.text.slice(-1))
    const endsAfter = !after || (after.kind === 'literal' && !alphabet.test(after.text[0] ?? ''))
    if (!leftOver) {
      if (!endsAfter) leftOver = token
    } else if (!endsBefore) {
      const names = `${placeholder(leftOver)} and ${placeholder(token)}`
      throw new PathTemplateError(
        token,
        `can collide: ${names} run together`,
        'Put a "/" between them, or another character that neither can contain, ' +
          'so that two files never get the same name',
      )
    }
  })
}

/** What a placeholder of variable width can consist of; undefined when its width is fixed. */
function variableAlphabet(token: Token): RegExp | undefined {
  if (token.kind === 'topic') return /[A-Za-z0-9._-]/
  if (token.kind !== 'number') return undefined
  const mostDigits = token.name === 'partition' ? 10 : 19
  return token.width < mostDigits ? /[0-9]/ : undefined
}

function placeholder(token: Token): string {
  return token.kind === 'number' ? `{${token.name}}` : `{${token.kind}}`
}

/** Readers choose the codec by the last suffix, so it must tell the truth. */
export function checkSuffix(tokens: readonly Token[], extension: string, source: string): void {
  const last = tokens.at(-1)
  const suffixOf = (text: string) => CODEC_SUFFIXES.find((suffix) => text.endsWith(suffix))
  const wanted = suffixOf(extension)
  const found = last?.kind === 'literal' ? suffixOf(last.text) : undefined
  if (found === wanted) return
  const problem = wanted
    ? `does not end in ${wanted}, by which readers know that the file is compressed`
    : `ends in ${found}, but the file is not compressed`
  const whatToDo = wanted ? `End it in {extension} or ${wanted}` : 'End it in {extension}'
  throw new PathTemplateError({ column: 1, length: source.length }, problem, whatToDo)
}
