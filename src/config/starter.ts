import { stringify } from 'yaml'
import { CONFIG_KEYS, type KeyInfo } from './keys.ts'

/*
 * The file that `config init` writes: what has to be set, and beside it, as comments, what is set
 * most often.
 */

/** In this order; each is a key of the schema. */
const SHOWN = [
  ...['kafka.brokers', 'kafka.topics', 'kafka.topicPattern', 'kafka.group', 'kafka.startFrom'],
  ...['hdfs.urls', 'hdfs.user', 'hdfs.root', 'hdfs.path', 'hdfs.timeZone'],
  ...['format.type', 'format.compression'],
  ...['flush.records', 'flush.intervalMs', 'flush.bytes'],
  ...['memory.budgetBytes', 'http.host', 'http.port', 'log.level'],
]
/** One of several that would do. */
const CHOSEN = new Set(['kafka.topics'])

const HEAD = `# The configuration of kafka-hdfs-sink. What is commented out shows its default.
#
#   kafka-hdfs-sink validate --config FILE       checks it, and what it names
#   kafka-hdfs-sink run --config FILE --dry-run  says what would be written
#   kafka-hdfs-sink config print --config FILE   prints every key there is
#
# \${VARIABLE} and \${VARIABLE:-default} are filled in from the environment.
`

const WIDTH = 100

/** A file that is valid as it is, and stays so with its comments taken away one by one. */
export function renderStarter(): string {
  const keys = SHOWN.map((name) => {
    const key = CONFIG_KEYS.find((each) => each.name === name)
    if (key === undefined) throw new Error(`${name} is no key of the configuration`)
    return key
  })
  const sections = Map.groupBy(keys, ({ path }) => path[0] ?? '')
  // A section of comments alone is as if it were not there.
  const parts = [...sections].map(([section, inside]) =>
    [`${section}:`, ...inside.flatMap(linesOf)].join('\n'),
  )
  return `${[HEAD.trimEnd(), ...parts].join('\n\n')}\n`
}

function linesOf({ name, path, required, description, ...key }: KeyInfo): string[] {
  const value = stringify(key.default ?? key.example, STYLE).trimEnd()
  const set = required || CHOSEN.has(name) ? '  ' : '  # '
  const about = wrapped(description.replaceAll('`', ''), WIDTH - 4)
  return [...about.map((line) => `  # ${line}`), `${set}${path.at(-1)}: ${value}`]
}

const STYLE = { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 } as const

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
