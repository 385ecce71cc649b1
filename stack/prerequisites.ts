import { existsSync } from 'node:fs'
import path from 'node:path'
import { execa } from 'execa'
import { PrerequisiteError } from './errors.ts'

export const OLDEST_JAVA = 17

const INSTALL_JAVA =
  'install one (Debian, Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk), ' +
  'or start a Docker engine'
const INSTALL_MAVEN =
  'install it (Debian, Ubuntu: apt install maven; macOS: brew install maven), or start a Docker engine'

/** Major version in what `java -version` prints, or undefined: 17 of `version "17.0.15"`, 8 of `"1.8.0_452"`. */
export function javaMajorVersion(printed: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(printed)
  return match === null ? undefined : Number(match[1])
}

/** JAVA_HOME's java where there is one, else the one on the PATH. */
export function javaCommand(environment: NodeJS.ProcessEnv): string {
  const home = environment.JAVA_HOME
  if (home === undefined || home === '') return 'java'
  const command = path.join(home, 'bin', 'java')
  return existsSync(command) ? command : 'java'
}

/** Returns the command of a Java that is new enough. Throws PrerequisiteError. */
export async function requireJava(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const command = javaCommand(environment)
  const { stderr, exitCode } = await execa(command, ['-version'], {
    env: environment,
    extendEnv: false,
    reject: false,
    timeout: 20_000,
  })
  const version = exitCode === 0 ? javaMajorVersion(stderr) : undefined
  if (version === undefined) {
    throw new PrerequisiteError(
      `Java ${OLDEST_JAVA} or newer is needed for Kafka and HDFS, and there is none: ${INSTALL_JAVA}.`,
    )
  }
  if (version < OLDEST_JAVA) {
    throw new PrerequisiteError(
      `Java ${OLDEST_JAVA} or newer is needed for Kafka and HDFS, and ${command} is Java ${version}: ` +
        `${INSTALL_JAVA}, or point JAVA_HOME to a newer one.`,
    )
  }
  return command
}

export function mavenIsMissing(): PrerequisiteError {
  return new PrerequisiteError(
    `Maven is needed to bring the jars of Kafka and HDFS, and there is no mvn: ${INSTALL_MAVEN}.`,
  )
}
