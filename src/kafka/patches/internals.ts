import { createRequire } from 'node:module'

/*
 * kafkajs ships its sources and restricts no import, so parts of it can be replaced. That holds for
 * one version only, which is why its shape is checked before anything is touched.
 */

export const KAFKAJS_VERSION = '2.2.4'

const requireModule = createRequire(import.meta.url)

/** kafkajs is not what the replacements in this folder were made for. */
export class UnexpectedKafkajsError extends Error {
  constructor(found: string) {
    super(
      `The parts of kafkajs that are replaced here fit version ${KAFKAJS_VERSION}; found ${found}. ` +
        'Install that version, or look at src/kafka/patches/ again.',
    )
    this.name = 'UnexpectedKafkajsError'
  }
}

export function checkVersion(): void {
  const { version } = requireModule('kafkajs/package.json')
  if (version !== KAFKAJS_VERSION) throw new UnexpectedKafkajsError(`version ${version}`)
}

/** The package itself. */
export function loadKafkajs(): typeof import('kafkajs') {
  return requireModule('kafkajs')
}

/** A function that one of its modules exports. The caller says what it takes and returns. */
export function loadFunction<F extends (...args: never[]) => unknown>(path: string): F {
  const found: unknown = requireModule(`kafkajs/src/${path}`)
  if (typeof found !== 'function') {
    throw new UnexpectedKafkajsError(`${path} that exports ${typeof found}`)
  }
  return found as F
}

/** What one of its modules exports by names. The caller says what that is. */
export function loadExports<T extends object>(path: string): T {
  const found: unknown = requireModule(`kafkajs/src/${path}`)
  if (typeof found !== 'object' || found === null) {
    throw new UnexpectedKafkajsError(`${path} that exports ${typeof found}`)
  }
  return found as T
}

/** A class that one of its modules exports. */
export function loadClass<C extends new (...args: never[]) => unknown>(path: string): C {
  return loadFunction(path) as unknown as C
}

/** From now on whoever loads this module of kafkajs gets `replacement`. */
export function replaceExport(path: string, users: readonly string[], replacement: unknown): void {
  // A module that was loaded before holds on to what it found then.
  const early = users.find((user) => requireModule.cache[resolve(user)] !== undefined)
  if (early !== undefined) throw new UnexpectedKafkajsError(`${early} in use already`)
  const file = resolve(path)
  requireModule(file)
  const module = requireModule.cache[file]
  if (module === undefined) throw new UnexpectedKafkajsError(`no module ${path}`)
  module.exports = replacement
}

type Method<This, Args extends unknown[], Result> = (this: This, ...args: Args) => Result

/** Puts `wrap` around one method of a class that a module exports. */
export function wrapMethod<This, Args extends unknown[], Result>(
  path: string,
  name: string | symbol,
  wrap: (original: Method<This, Args, Result>) => Method<This, Args, Result>,
): void {
  const prototype = prototypeOf(path)
  const original: unknown = Reflect.get(prototype, name)
  if (typeof original !== 'function') {
    throw new UnexpectedKafkajsError(`${path} without ${String(name)}`)
  }
  Reflect.set(prototype, name, wrap(original as Method<This, Args, Result>))
}

/** The symbol that names a private method. */
export function privateName(path: string, description: string): symbol {
  const symbols = Object.getOwnPropertySymbols(prototypeOf(path))
  const found = symbols.find((symbol) => symbol.description === description)
  if (found === undefined) throw new UnexpectedKafkajsError(`${path} without ${description}`)
  return found
}

function prototypeOf(path: string): object {
  const exported: unknown = requireModule(`kafkajs/src/${path}`)
  if (typeof exported !== 'function' || typeof exported.prototype !== 'object') {
    throw new UnexpectedKafkajsError(`${path} that exports no class`)
  }
  return exported.prototype
}

function resolve(path: string): string {
  return requireModule.resolve(`kafkajs/src/${path}`)
}
