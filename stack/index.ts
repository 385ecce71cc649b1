/**
 * Real Kafka and real HDFS on one machine, for the demo, the tests and the bench.
 *
 *   index.ts        startStack: which of the two ways, and one more try when a port was taken
 *   jars.ts         the way without an engine: every daemon a plain java process
 *     maven.ts      the class paths of pom.xml, brought once and remembered under .stack/jars
 *     kafka.ts      configuration, formatting, start and readiness of a broker
 *     more-brokers.ts  further brokers of its cluster, for tests
 *     hdfs.ts       the same of a NameNode and a DataNode
 *     ha.ts         the same of two NameNodes, a JournalNode and a DataNode
 *     daemon.ts     a process under guard.sh, so that none outlives us
 *   containers.ts   the way with an engine: the images of docker-compose.yml
 *     container-*.ts  their configuration, a daemon in a container, a tool in it
 *   tools.ts        the daemons' own Java tools, to look at the results without our code
 *   runs.ts         .stack/run-*: one directory a run, swept when its owner is gone
 *   main.ts         `npm run stack`
 *
 * Variants belong beside kafka.ts and hdfs.ts, as ha.ts does: their SINGLE_* tables hold what all
 * variants share, the plain* functions what a variant replaces, and ProcessDaemon, jvmCommand and
 * runTool know nothing of either.
 */
import { dockerEngineAnswers } from './engine.ts'
import { DaemonError, EngineError, PrerequisiteError } from './errors.ts'
import { startHaJars, startJars } from './jars.ts'
import type { HaStack, Stack, StackKind, StackOptions } from './types.ts'

export { DaemonError, EngineError, JarsError, PrerequisiteError, StackError } from './errors.ts'
export { runTool, toolScript } from './tools.ts'
export type * from './types.ts'

/**
 * Starts Kafka and HDFS and resolves when both are ready for work. Whatever ends this process, also
 * kill -9, ends them too.
 * @throws PrerequisiteError (one line: what to install), JarsError, DaemonError (with its log's end)
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  options.signal?.throwIfAborted()
  const wanted = wantedKind(options)
  if (wanted === 'jars') return await startTwice(startJars, options)
  if (wanted === 'auto' && !(await dockerEngineAnswers()))
    return await startTwice(startJars, options)
  // Loaded where it is used: it takes longer than all of the rest.
  const { startContainers } = await import('./containers.ts')
  try {
    return await startTwice(startContainers, options)
  } catch (error) {
    if (wanted === 'containers' || !(error instanceof EngineError)) throw error
    options.onProgress?.(`${error.message}: taking the jars of Maven Central instead`)
    return await startTwice(startJars, options)
  }
}

/**
 * The same with two NameNodes and a JournalNode; the first NameNode is active. By jars only.
 */
export async function startHaStack(options: StackOptions = {}): Promise<HaStack> {
  options.signal?.throwIfAborted()
  return await startTwice(startHaJars, options)
}

/** A port that was free may be taken before a daemon comes to it. */
async function startTwice<Started extends Stack>(
  start: (options: StackOptions) => Promise<Started>,
  options: StackOptions,
): Promise<Started> {
  try {
    return await start(options)
  } catch (error) {
    if (!(error instanceof DaemonError && error.portWasTaken)) throw error
    options.onProgress?.(`${error.daemon} found its port taken: starting again with others`)
    return await start(options)
  }
}

function wantedKind({ kind }: StackOptions): StackKind | 'auto' {
  const wanted = kind ?? process.env.STACK ?? 'auto'
  if (wanted === 'jars' || wanted === 'containers' || wanted === 'auto') return wanted
  throw new PrerequisiteError(`STACK must be jars, containers or auto, and it is ${wanted}.`)
}
