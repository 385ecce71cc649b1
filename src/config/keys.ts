import { z } from 'zod'
import { configSchema } from './schema.ts'

/** What the schema says about one key, for errors, environment variables and documentation. */
export interface KeyInfo {
  readonly path: readonly string[]
  /** The path with dots: `kafka.group`. */
  readonly name: string
  /** How a text is read when it stands for the value: as it is, as a list, or as YAML. */
  readonly kind: 'section' | 'text' | 'list' | 'other'
  /** Completes "expected ...". */
  readonly expects: string
  /** The values there are, if they can be counted. */
  readonly choices: readonly string[]
  readonly description: string
  /** undefined when there is none. */
  readonly default: unknown
  readonly required: boolean
  readonly secret: boolean
  readonly example: unknown
  /** For a key that exists only for one type: `format.type: text`. */
  readonly onlyFor: string | undefined
  /** The environment variable that sets it; '' for a section. */
  readonly variable: string
}

export const VARIABLE_PREFIX = 'SINK_'

/** Every section and key of a schema, sections before what is in them. */
export function listKeys(schema: z.core.$ZodType): KeyInfo[] {
  return keysOf(schema, [], undefined)
}

export const CONFIG_KEYS: readonly KeyInfo[] = listKeys(configSchema)

const byName = new Map(CONFIG_KEYS.map((key) => [key.name, key]))

/** The key at a path; for a place inside a list that of its items. */
export function keyAt(path: readonly PropertyKey[]): KeyInfo | undefined {
  return byName.get(path.map((step) => (typeof step === 'number' ? '*' : String(step))).join('.'))
}

/** The keys directly inside a section. */
export function keysInside(section: readonly PropertyKey[]): KeyInfo[] {
  const prefix = section.map(String)
  return CONFIG_KEYS.filter(
    ({ path }) =>
      path.length === prefix.length + 1 &&
      path.at(-1) !== '*' &&
      prefix.every((step, index) => path[index] === step),
  )
}

/** `kafka.clientId` is set by SINK_KAFKA__CLIENT_ID. */
function variableFor(path: readonly string[]): string {
  const names = path.map((step) => step.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase())
  return VARIABLE_PREFIX + names.join('__')
}

interface Unwrapped {
  readonly schema: z.core.$ZodType
  readonly meta: Readonly<Record<string, unknown>>
  readonly default: unknown
  readonly optional: boolean
}

/** Takes off defaults and the like; what is said on the outside counts before what is inside. */
function unwrap(schema: z.core.$ZodType): Unwrapped {
  const meta = z.globalRegistry.get(schema) ?? {}
  const inner = (wrapped: z.core.$ZodType, own: Partial<Unwrapped>): Unwrapped => {
    const rest = unwrap(wrapped)
    return { ...rest, ...own, meta: { ...rest.meta, ...meta } }
  }
  if (schema instanceof z.ZodDefault) {
    return inner(schema.unwrap(), { default: schema.def.defaultValue, optional: true })
  }
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return inner(schema.unwrap(), { optional: true })
  }
  if (schema instanceof z.ZodPipe) return inner(schema.in, {})
  return { schema, meta, default: undefined, optional: false }
}

function keysOf(
  wrapped: z.core.$ZodType,
  path: readonly string[],
  onlyFor: string | undefined,
): KeyInfo[] {
  const { schema, meta, default: defaultValue, optional } = unwrap(wrapped)
  const inside = keysWithin(schema, path)
  const isSection = schema instanceof z.ZodObject || schema instanceof z.ZodDiscriminatedUnion
  const kind = isSection
    ? 'section'
    : schema instanceof z.ZodArray
      ? 'list'
      : schema instanceof z.ZodString || schema instanceof z.ZodEnum || isTextLiteral(schema)
        ? 'text'
        : 'other'
  const examples = Array.isArray(meta.examples) ? meta.examples : []
  const key: KeyInfo = {
    path,
    name: path.join('.'),
    kind,
    expects: typeof meta.expects === 'string' ? meta.expects : expectationOf(schema),
    choices: choicesOf(schema).map(String),
    description: typeof meta.description === 'string' ? meta.description : '',
    default: defaultValue,
    required: !optional && !isSection,
    secret: meta.secret === true,
    example: examples[0],
    onlyFor,
    variable: isSection || path.includes('*') ? '' : variableFor(path),
  }
  return path.length === 0 ? inside : [key, ...inside]
}

function keysWithin(schema: z.core.$ZodType, path: readonly string[]): KeyInfo[] {
  if (schema instanceof z.ZodArray) {
    return keysOf(schema.element, [...path, '*'], undefined)
  }
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, value]) =>
      keysOf(value, [...path, name], undefined),
    )
  }
  return schema instanceof z.ZodDiscriminatedUnion ? keysOfVariants(schema, path) : []
}

/** The keys of all variants together; those that not every variant has say where they belong. */
function keysOfVariants(union: z.ZodDiscriminatedUnion, path: readonly string[]): KeyInfo[] {
  const tag = union.def.discriminator
  const variants = union.options.flatMap((option) =>
    option instanceof z.ZodObject ? [option.shape] : [],
  )
  const tags = variants.map((shape) => choicesOf(unwrap(shape[tag]).schema).map(String))
  const names = new Set(variants.flatMap((shape) => Object.keys(shape)))
  return [...names].flatMap((name) => {
    const owners = variants.flatMap((shape, index) => (name in shape ? [{ shape, index }] : []))
    const [first] = owners
    if (!first) return []
    const everywhere = owners.length === variants.length
    const onlyFor = everywhere ? undefined : `${[...path, tag].join('.')}: ${tags[first.index]}`
    const keys = keysOf(first.shape[name], [...path, name], onlyFor)
    if (name !== tag) return keys
    const choices = tags.flat()
    return keys.map((key) => ({ ...key, choices, expects: oneOf(choices) }))
  })
}

function isTextLiteral(schema: z.core.$ZodType): boolean {
  return schema instanceof z.ZodLiteral && choicesOf(schema).every((v) => typeof v === 'string')
}

function choicesOf(schema: z.core.$ZodType): unknown[] {
  if (schema instanceof z.ZodEnum) return schema.options
  if (schema instanceof z.ZodLiteral) return [...schema.values]
  if (schema instanceof z.ZodOptional) return choicesOf(schema.unwrap())
  return []
}

/** What a schema without `expects` wants, in words. */
function expectationOf(schema: z.core.$ZodType): string {
  const choices = choicesOf(schema)
  if (choices.length > 0) return oneOf(choices)
  if (schema instanceof z.ZodNumber) {
    const { minValue, maxValue } = schema
    if (maxValue === null || maxValue >= Number.MAX_SAFE_INTEGER)
      return `an integer, ${minValue} or more`
    return `an integer from ${minValue} to ${maxValue}`
  }
  if (schema instanceof z.ZodBoolean) return 'true or false'
  if (schema instanceof z.ZodString) return 'a text that is not empty'
  if (schema instanceof z.ZodArray) {
    return `a list, each item ${unwrap(schema.element).meta.expects ?? 'a text'}`
  }
  if (schema instanceof z.ZodUnion && !(schema instanceof z.ZodDiscriminatedUnion)) {
    return schema.options.map((option) => expectationOf(option)).join(' or ')
  }
  return 'a section of keys'
}

function oneOf(choices: readonly unknown[]): string {
  return `one of ${choices.join(', ')}`
}
