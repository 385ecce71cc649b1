import type { ToolSpec } from './tools.ts'

/** What ended a daemon. */
export interface DaemonExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** One server process of the stack, for tests that take it away and bring it back. */
export interface Daemon {
  readonly name: string
  /** Only of a plain process on this machine, and only while it runs. */
  readonly pid: number | undefined
  readonly running: boolean
  /** Starts it on the same ports and data; resolves when it is ready for work. */
  start(): Promise<void>
  /** Asks it to end (SIGTERM), after 15 s makes it end; resolves when it is gone. */
  stop(): Promise<void>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** Freezes it: its connections stay open, and nothing answers. */
  pause(): Promise<void>
  resume(): Promise<void>
}

export type StackKind = 'jars' | 'containers'

/** How to reach a running stack. Plain data, so that it can be handed to other processes. */
export interface StackInfo {
  readonly kind: StackKind
  /** host:port, reachable from this host. */
  readonly brokers: string[]
  /** http://localhost:PORT of each NameNode. */
  readonly webhdfsUrls: string[]
  /** hdfs://localhost:PORT */
  readonly fsUri: string
  readonly nameNodePage: string
  /** The HDFS superuser: owner of `/`. Pass it as user.name where permissions do not matter. */
  readonly hdfsUser: string
  /** Its data and logs. */
  readonly directory: string
  /** How to run the Java tools that belong to it: see runTool. */
  readonly tools: { readonly hadoop: ToolSpec; readonly kafka: ToolSpec }
}

export interface ToolOptions {
  /** Default 60,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly input?: Uint8Array | string
}

export interface ToolResult {
  readonly stdout: Buffer
  readonly stderr: string
  readonly exitCode: number
}

export interface Stack extends StackInfo {
  readonly kafka: Daemon
  readonly nameNode: Daemon
  readonly dataNode: Daemon
  /** All that startStack made, as plain data. */
  readonly info: StackInfo
  /** Runs a Java tool of Hadoop, for instance org.apache.hadoop.fs.FsShell, as the superuser. */
  hadoop(mainClass: string, args: string[], options?: ToolOptions): Promise<ToolResult>
  /** Runs a Java tool of Kafka, for instance org.apache.kafka.tools.ProducerPerformance. */
  kafkaTool(mainClass: string, args: string[], options?: ToolOptions): Promise<ToolResult>
  /** Ends all daemons and, unless keepData was given, removes its data. */
  stop(): Promise<void>
}

/** Which of two NameNodes. */
export type NameNodeIndex = 0 | 1

/** Who of two NameNodes is active. None is until a failover says so: there is no automatic one. */
export interface NameNodePair {
  /**
   * The one that calls itself active, and the younger of two: one that was deposed while it was
   * frozen calls itself so until its first write.
   */
  active(): Promise<NameNodeIndex | undefined>
  /** Makes the other one active, whatever has become of `from`. */
  failover(from: NameNodeIndex): Promise<void>
  /** Makes it active, or a standby; both may be standbys. */
  transition(index: NameNodeIndex, to: 'active' | 'standby'): Promise<void>
}

/**
 * Two NameNodes share their edits by a JournalNode; fencing is left to its epochs. `nameNode` is the
 * first. A NameNode ends itself when it cannot write its edits: onDaemonEnd hears of it.
 */
export interface HaStack extends Stack, NameNodePair {
  readonly nameNodes: readonly [Daemon, Daemon]
  readonly journalNode: Daemon
}

export interface StackOptions {
  /** For its data and logs. Default: a new one under .stack/ */
  readonly directory?: string
  /** Default: the environment's STACK, or else `auto`: containers where an engine answers. */
  readonly kind?: StackKind | 'auto'
  /** `quick` starts fast; `full` lets the JVMs optimise as in production, for measurements. */
  readonly jit?: 'quick' | 'full'
  /** Of the NameNode and the DataNode, each; jars only. Default: 256 where quick, else 512. */
  readonly hdfsHeapMegabytes?: number
  readonly onProgress?: (line: string) => void
  /** Called when a daemon ends though nobody asked it to. */
  readonly onDaemonEnd?: (error: Error) => void
  readonly signal?: AbortSignal
  /** Stop the daemons gently and leave their data. Default false. */
  readonly keepData?: boolean
  /** Added to, or in place of, the properties in kafka.ts. */
  readonly kafkaProperties?: Readonly<Record<string, string>>
  /** Added to, or in place of, the properties in hdfs.ts. */
  readonly hdfsSite?: Readonly<Record<string, string>>
}
