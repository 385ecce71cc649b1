import { type KeyInfo, keysInside } from './keys.ts'

/*
 * Writes docs/CONFIGURATION.md to standard output: `npm run docs:config`.
 */

const INTRODUCTION = `# Configuration

<!-- Generated from src/config/schema.ts by \`npm run docs:config\`. Do not edit. -->

A value is taken from the first of these that has it:

1. a flag: \`--set kafka.group=archive\`
2. an environment variable: \`SINK_KAFKA__GROUP=archive\`; two underscores go one level down.
   \`SINK_KAFKA__GROUP_FILE=/run/secrets/group\` reads it from a file. An empty variable is unset; an
   unknown one that begins with \`SINK_\` is an error.
3. the file: \`--config sink.yaml\`
4. the default

In a flag or variable a list is comma-separated, or JSON. In the file \`\${VARIABLE}\` and
\`\${VARIABLE:-default}\` are filled in from the environment; \`$\${\` stands for a literal \`\${\`. Without
quotes a value that is filled in has the type that its key wants.

A secret is given by the file, a variable or, best, a file that a variable names (\`..._FILE\`): flags take
none, and neither \`config print\` nor an error shows one.

\`kafka-hdfs-sink config init\` writes a commented file to begin with. \`validate --config sink.yaml\` shows
everything that is wrong with a configuration, with its place, then asks Kafka and HDFS, step by step,
whether they are as it needs them (\`--no-environment\` leaves that out). \`run --dry-run\` says what would
be written, \`config print\` shows what results from all four, and \`config schema\` prints a JSON Schema
for editors. Examples are in [config/](../config).
`

/** The documentation of every key, as Markdown. */
export function renderDocumentation(): string {
  const top = keysInside([])
  const sections = top.filter(({ kind }) => kind === 'section')
  const single = top.filter(({ kind }) => kind !== 'section')
  const parts = sections.map(({ name, path, description }) =>
    [`## ${name}`, '', description, '', ...rows(keysInside(path))].join('\n'),
  )
  const others = [`## ${single.map(({ name }) => name).join(', ')}`, '', ...rows(single)].join('\n')
  return `${[INTRODUCTION, ...parts, others]
    .join('\n')
    .replace(/\n(?=## )/g, '\n\n')
    .replace(/\n{3,}/g, '\n\n')}\n`
}

function rows(keys: readonly KeyInfo[]): string[] {
  return keys.flatMap((key) => [
    `### \`${key.name}\``,
    '',
    key.description,
    '',
    `- Value: ${inMarkdown(key.expects)}`,
    `- Default: ${defaultOf(key)}`,
    ...(key.onlyFor === undefined ? [] : [`- Only with: \`${key.onlyFor}\``]),
    ...(key.secret ? ['- Secret: never shown'] : []),
    `- Variable: \`${key.variable}\``,
    '',
  ])
}

function defaultOf(key: KeyInfo): string {
  if (key.default !== undefined) return `\`${key.default}\``
  const example =
    key.example === undefined ? '' : `, for example \`${JSON.stringify(key.example)}\``
  return `${key.required ? 'none: it has to be set' : 'none'}${example}`
}

function inMarkdown(text: string): string {
  return text.replace(/[*_<>]/g, '\\$&')
}

if (process.argv[1] === import.meta.filename) process.stdout.write(renderDocumentation())
