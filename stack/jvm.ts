/** What one JVM of the stack is started with. */
export interface JvmOptions {
  readonly classPath: string
  /** Web pages and native libraries are unpacked there: a JVM that is killed does not remove them. */
  readonly temporaryDirectory: string
  readonly heapMegabytes: number
  /** `quick`: starts fast, stays small; `full`: the compilers and the collector of production. */
  readonly jit: 'quick' | 'full'
  readonly logLevel: 'info' | 'warn'
  readonly addOpens?: readonly string[]
  readonly properties?: Readonly<Record<string, string>>
}

export interface JvmCommand {
  /** What comes before the class's name. */
  readonly args: string[]
  readonly env: Record<string, string>
}

/** The class path goes by the environment: process lists stay readable. */
export function jvmCommand(options: JvmOptions): JvmCommand {
  const quick = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']
  const properties = {
    'java.io.tmpdir': options.temporaryDirectory,
    'java.net.preferIPv4Stack': 'true',
    'org.slf4j.simpleLogger.defaultLogLevel': options.logLevel,
    'org.slf4j.simpleLogger.showDateTime': 'true',
    'org.slf4j.simpleLogger.dateTimeFormat': 'HH:mm:ss.SSS',
    'org.slf4j.simpleLogger.showShortLogName': 'true',
    ...options.properties,
  }
  return {
    args: [
      `-Xmx${options.heapMegabytes}m`,
      ...(options.jit === 'quick' ? quick : []),
      ...(options.addOpens ?? []).map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
      ...Object.entries(properties).map(([key, value]) => `-D${key}=${value}`),
    ],
    env: { CLASSPATH: options.classPath },
  }
}
