import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'vitest/node'

/* The repository as its own subject: which files there are, what they import and what they use. */

export const repository = fileURLToPath(new URL('../..', import.meta.url))

export function read(path: string): string {
  return readFileSync(posix.join(repository, path), 'utf8')
}

/** What git tracks or would track: nothing that .gitignore names. */
export function repositoryFiles(): string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: repository,
      encoding: 'utf8',
    },
  )
  return listed.split('\0').filter((path) => path !== '')
}

export interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
}

export interface SourceFile {
  /** From the repository's root, e.g. src/core/ports.ts. */
  readonly path: string
  readonly imports: readonly Import[]
  /** Free-standing names that the code mentions, and `Object.member` pairs; not types. */
  readonly names: ReadonlySet<string>
  readonly hasAsyncCode: boolean
}

/** A node of the syntax tree: only what all kinds of nodes have in common. */
interface SyntaxNode {
  readonly type: string
  readonly [key: string]: unknown
}

const withSource = new Set([
  ...['ImportDeclaration', 'ExportAllDeclaration', 'ExportNamedDeclaration'],
  ...['ImportExpression', 'TSImportType'],
])
/** TypeScript's nodes that hold code that runs; in all others there are only types. */
const typedExpressions = /^TS(As|Satisfies|NonNull|Instantiation)Expression$/

/** Reads a TypeScript file as the compiler would: comments and strings cannot deceive it. */
export function parseSource(path: string, text = read(path)): SourceFile {
  const imports: Import[] = []
  const names = new Set<string>()
  let hasAsyncCode = false
  visit(syntaxTree(path, text), false, (node, isType) => {
    const imported = importOf(node)
    if (imported !== undefined) imports.push(imported)
    if (node.async === true || node.type === 'AwaitExpression') hasAsyncCode = true
    if (isType) return
    if (node.type === 'Identifier') names.add(String(node.name))
    if (node.type === 'MemberExpression') names.add(dotted(node))
    if (node.type === 'NewExpression' && isList(node.arguments) && node.arguments.length === 0) {
      names.add(`new ${nameOf(node.callee)}()`)
    }
  })
  return { path, imports, names, hasAsyncCode }
}

function syntaxTree(path: string, text: string): SyntaxNode {
  const tree: unknown = parseAst(text, { lang: 'ts' }, path)
  if (!isNode(tree)) throw new TypeError(`expected a syntax tree of ${path}`)
  return tree
}

type Visitor = (node: SyntaxNode, isType: boolean) => void

function visit(node: SyntaxNode, insideType: boolean, visitor: Visitor): void {
  const isType = insideType || (node.type.startsWith('TS') && !typedExpressions.test(node.type))
  visitor(node, isType)
  for (const [key, child] of Object.entries(node)) {
    if ((key === 'key' || key === 'property') && node.computed === false) continue
    for (const each of isList(child) ? child : [child]) {
      if (isNode(each)) visit(each, isType, visitor)
    }
  }
}

function importOf(node: SyntaxNode): Import | undefined {
  if (withSource.has(node.type)) {
    const specifier = textOf(node.source)
    return specifier === undefined ? undefined : { specifier, typeOnly: isTypeOnly(node) }
  }
  const isCall = node.type === 'CallExpression' || node.type === 'NewExpression'
  if (!isCall || !isList(node.arguments)) return undefined
  const specifier = textOf(node.arguments[0])
  if (specifier === undefined) return undefined
  // Worker threads are started from new URL('./file.ts', import.meta.url); kafkajs is require'd.
  const callee = nameOf(node.callee)
  const isFile = callee === 'URL' && /^\.\.?\/.*\.ts$/.test(specifier)
  const isRequired = /require/i.test(callee)
  return isFile || isRequired ? { specifier, typeOnly: false } : undefined
}

function isTypeOnly(node: SyntaxNode): boolean {
  if (node.type === 'TSImportType') return true
  if (node.importKind === 'type' || node.exportKind === 'type') return true
  const specifiers = isList(node.specifiers) ? node.specifiers.filter(isNode) : []
  return specifiers.length > 0 && specifiers.every((each) => each.importKind === 'type')
}

function dotted(node: SyntaxNode): string {
  return `${nameOf(node.object)}.${nameOf(node.property)}`
}

function nameOf(node: unknown): string {
  if (!isNode(node)) return ''
  if (node.type === 'MemberExpression') return dotted(node)
  return typeof node.name === 'string' ? node.name : ''
}

function textOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Literal' && typeof node.value === 'string'
    ? node.value
    : undefined
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value)
}
