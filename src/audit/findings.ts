import type { StopReason } from '../core/stop-reason.ts'

/** Something that should not be so. Exit code 3. */
export type ProblemKind =
  /** Kafka has records below the journal's end that no file holds. */
  | 'gap'
  /** Records are in two files. */
  | 'overlap'
  /** A file's length is not the one in its stamp. */
  | 'wrong-length'
  /** A file's bytes are not what its codec or format says. */
  | 'undecodable'
  /** A file holds other records than its stamp says. */
  | 'wrong-records'
  /** HDFS does not give the file's bytes. */
  | 'unreadable'
  /** A file in the topic's directories that the sink has not stamped. */
  | 'unknown-file'
  /** A file that lies beyond the journal's end: its records will be written once more. */
  | 'beyond-journal'
  | 'partition-gone'
  /** The sink would stop this partition. */
  | StopReason['reason']

/** Something that a person may want to know. */
export type NoteKind =
  /** No file holds these offsets, and Kafka does not have them any more. */
  | 'unchecked'
  /** Somebody moved the sink over these offsets on purpose. */
  | 'skipped'
  /** Committed, and not yet under its final name. */
  | 'unpublished'
  /** Uploads that were given up, or are under way. */
  | 'temps'
  /** A file under another name than it was given. */
  | 'renamed'
  /** The journal does not say where it began. */
  | 'start-unknown'

export interface Finding {
  readonly level: 'problem' | 'note'
  readonly kind: ProblemKind | NoteKind
  readonly topic: string
  readonly partition: number | null
  readonly path: string | null
  /** First and last offset concerned. */
  readonly startOffset: number | null
  readonly endOffset: number | null
  /** Records concerned, as far as they were counted. */
  readonly records: number | null
  /** One sentence or more. */
  readonly text: string
}

export type Details = Partial<Pick<Finding, 'path' | 'startOffset' | 'endOffset' | 'records'>> & {
  readonly topic: string
  readonly partition?: number | undefined
}

/** All are counted; so that a million of them take no memory, only the first of each kind are kept. */
const KEPT_OF_A_KIND = 200

export class Findings {
  readonly #kept: Finding[] = []
  readonly #counts = new Map<string, number>()
  readonly #perPartition = new Map<string, number>()
  #problems = 0

  problem(kind: ProblemKind, details: Details, text: string): void {
    this.#problems += 1
    const key = partitionKey(details.topic, details.partition ?? null)
    this.#perPartition.set(key, (this.#perPartition.get(key) ?? 0) + 1)
    this.#add('problem', kind, details, text)
  }

  note(kind: NoteKind, details: Details, text: string): void {
    this.#add('note', kind, details, text)
  }

  /** How many problems there are, kept or not. */
  get problems(): number {
    return this.#problems
  }

  get kept(): readonly Finding[] {
    return this.#kept
  }

  /** By kind, kept or not. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  problemsOf(topic: string, partition: number | null): number {
    return this.#perPartition.get(partitionKey(topic, partition)) ?? 0
  }

  #add(
    level: Finding['level'],
    kind: Finding['kind'],
    { topic, partition, path, startOffset, endOffset, records }: Details,
    text: string,
  ): void {
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    if (count > KEPT_OF_A_KIND) return
    this.#kept.push({
      level,
      kind,
      topic,
      partition: partition ?? null,
      path: path ?? null,
      startOffset: startOffset ?? null,
      endOffset: endOffset ?? null,
      records: records ?? null,
      text,
    })
  }
}

function partitionKey(topic: string, partition: number | null): string {
  return `${topic}/${partition}`
}

/** `100` or `100-199`. */
export function range(start: number, end: number): string {
  return start === end ? `offset ${start}` : `offsets ${start}-${end}`
}
