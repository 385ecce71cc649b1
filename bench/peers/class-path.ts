import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { execa } from 'execa'
import { PeerMissingError } from './peer.ts'

/** All that the peers bring is kept there. */
export const PEERS_DIRECTORY = path.join(import.meta.dirname, '..', '..', '.stack', 'peers')

const DOWNLOAD_TIMEOUT_MS = 20 * 60_000

/** Where a peer keeps what it brings; made where there is none. */
export async function directoryOf(peer: string): Promise<string> {
  const directory = path.join(PEERS_DIRECTORY, peer)
  await mkdir(directory, { recursive: true })
  return directory
}

/** The jars of a pom, brought by Maven where they are not known already under this name. */
export async function mavenClassPath(
  name: string,
  pom = path.join(import.meta.dirname, name, 'pom.xml'),
): Promise<string[]> {
  const file = path.join(await directoryOf(name), `${name}.classpath`)
  const known = await jarsIn(file)
  if (known !== undefined) return known
  const args = ['-q', '-B', '-f', pom, 'dependency:build-classpath', `-Dclasspath.file=${file}`]
  await bring('mvn', args)
  const found = await jarsIn(file)
  if (found === undefined) throw new PeerMissingError('Maven ended well, but a jar is missing')
  return found
}

async function jarsIn(file: string): Promise<string[] | undefined> {
  if (!existsSync(file)) return undefined
  const jars = (await readFile(file, 'utf8')).trim().split(path.delimiter)
  return jars.every((jar) => existsSync(jar)) ? jars : undefined
}

/** Runs a command that brings or builds something; PeerMissingError when that does not work. */
export async function bring(command: string, args: readonly string[]): Promise<void> {
  const result = await execa(command, args, {
    all: true,
    reject: false,
    timeout: DOWNLOAD_TIMEOUT_MS,
  })
  if (result.exitCode === 0) return
  const [line] = (result.all ?? '').split('\n').filter((each) => /error/i.test(each))
  throw new PeerMissingError(`${command} ${args[0] ?? ''}: ${line ?? result.shortMessage}`)
}
