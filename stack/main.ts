import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Command, Option } from 'commander'
import {
  type Stack,
  StackError,
  type StackInfo,
  type StackOptions,
  startHaStack,
  startStack,
  toolScript,
} from './index.ts'

// npm passes a Ctrl-C on to us, and so does the terminal: what comes this soon is the same one.
const SAME_SIGNAL_MS = 500
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const command = new Command('npm run stack --')
  .description('Kafka and HDFS on this machine, in the foreground, until Ctrl-C.')
  .addOption(
    new Option('--kind <kind>', 'plain processes, or containers')
      .choices(['auto', 'jars', 'containers'])
      .env('STACK'),
  )
  .addOption(
    new Option('--jit <jit>', 'JVMs that start fast, or that run fast')
      .choices(['quick', 'full'])
      .default('quick'),
  )
  .option('--keep', 'keep the data and the logs at the end')
  .option('--ha', 'two NameNodes (plain processes only)')
  .action(
    async (flags: {
      kind?: 'auto' | 'jars' | 'containers'
      jit: 'quick' | 'full'
      keep?: true
      ha?: true
    }) => {
      const start = flags.ha === true ? startHaStack : startStack
      await run(start, {
        ...(flags.kind === undefined ? {} : { kind: flags.kind }),
        jit: flags.jit,
        keepData: flags.keep === true,
      })
    },
  )

await command.parseAsync()

async function run(start: typeof startStack, options: StackOptions): Promise<void> {
  const ending = new AbortController()
  onSignals(() => ending.abort())
  let stack: Stack
  try {
    const { signal } = ending
    stack = await start({
      ...options,
      signal,
      onProgress: say,
      onDaemonEnd: (error) => say(error.message),
    })
  } catch (error) {
    if (ending.signal.aborted) process.exit(0)
    if (!(error instanceof StackError)) throw error
    say(error.message)
    process.exit(1)
  }
  console.log(await describe(stack.info, options.keepData === true))
  if (!ending.signal.aborted) {
    await new Promise<void>((resolve) => {
      ending.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }
  say('stopping')
  await stack.stop()
  process.exit(0)
}

/** Calls `end` at the first signal, and exits at once at the second: the guards end the daemons. */
function onSignals(end: () => void): void {
  let firstAt: number | undefined
  for (const [signal, exitCode] of Object.entries(EXIT_CODES)) {
    process.on(signal, () => {
      if (firstAt === undefined) {
        firstAt = performance.now()
        end()
      } else if (performance.now() - firstAt > SAME_SIGNAL_MS) {
        process.exit(exitCode)
      }
    })
  }
}

async function describe(info: StackInfo, keepData: boolean): Promise<string> {
  const bin = path.join(info.directory, 'bin')
  await mkdir(bin, { recursive: true })
  const [hadoop, kafka] = [path.join(bin, 'hadoop-tool'), path.join(bin, 'kafka-tool')]
  await writeFile(hadoop, toolScript(info.tools.hadoop), { mode: 0o755 })
  await writeFile(kafka, toolScript(info.tools.kafka), { mode: 0o755 })
  const [[url, otherUrl], broker] = [info.webhdfsUrls, info.brokers[0]]
  const here = (file: string) => path.relative(process.cwd(), file)
  return `
  Kafka       ${broker}
  WebHDFS     ${url}/webhdfs/v1   (superuser: user.name=${info.hdfsUser})
  HDFS        ${info.fsUri}
  NameNode    ${info.nameNodePage}
  logs        ${here(path.join(info.directory, 'logs'))}

  Try
    curl '${url}/webhdfs/v1/?op=LISTSTATUS'
    curl -L -T README.md '${url}/webhdfs/v1/tmp/readme?op=CREATE&user.name=${info.hdfsUser}'
    ${here(hadoop)} org.apache.hadoop.fs.FsShell -ls -R /
    ${here(kafka)} org.apache.kafka.tools.TopicCommand --bootstrap-server ${broker} \\
      --create --topic select-color --partitions 3
    echo '{"color":"red"}' | ${here(kafka)} org.apache.kafka.tools.ConsoleProducer \\
      --bootstrap-server ${broker} --topic select-color
    KAFKA_BROKERS=${broker} WEBHDFS_URLS=${url} HDFS_USER=${info.hdfsUser} npm start
${otherUrl === undefined ? '' : `    ${here(hadoop)} org.apache.hadoop.hdfs.tools.DFSHAAdmin -failover nn1 nn2   (then ask ${otherUrl})\n`}
  Ctrl-C ends it${keepData ? '; data and logs stay' : ' and removes its data'}.
`
}

function say(line: string): void {
  console.error(`stack: ${line}`)
}
