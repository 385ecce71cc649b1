import { formatHead, type Head } from '../../src/core/journal.ts'
import type { Answer, Deed, Question, WriterEvent } from '../../src/core/partition-events.ts'
import {
  accepts,
  begin,
  type Step,
  type step,
  type WriterSettings,
  wakeAtMs,
} from '../../src/core/partition-writer.ts'
import { BASE, isQuestion, JOURNAL, SETTINGS } from './writer-driver.ts'

interface Range {
  readonly start: number
  readonly end: number
  readonly records: number
}

/*
 * The world around one writer, as simple as can be, and what must hold in it at every moment. It
 * keeps its own account of which records are where and never looks into the writer's state for it.
 */
export class WriterModel {
  private state
  private nowMs = 0
  private readonly settings: WriterSettings = {
    ...SETTINGS,
    rotation: { ...SETTINGS.rotation, records: 4 },
  }

  // The journal, as it truly is.
  private head: Head = { seq: 0, end: 0, flush: undefined, writer: 'founder' }
  private readonly stamped = new Map<string, Range>()
  private readonly published = new Set<string>()
  private others = 0

  // What the writer was told and has asked.
  private acknowledged: Head | undefined
  private question: Question | undefined
  private readonly answered: Answer[] = []
  private mustFind = false
  private revoked = false
  private closed = false

  // What it holds, from its effects.
  private open: Range = { start: 0, end: 0, records: 0 }
  private readonly sealed = new Map<number, Range>()
  private readonly uploading = new Map<string, number>()
  private reading = false

  private readonly step: typeof step

  /** `variant` is the real step, or one that breaks a rule to see that it is noticed. */
  constructor(variant: typeof step) {
    this.step = variant
    const first = begin(this.settings)
    this.state = first[0]
    this.take(first)
  }

  /** What was written, by whomever. */
  get end(): number {
    return this.head.end
  }

  /** Something happens; what, the numbers choose. */
  happen(what: number, how: number): void {
    const kind = what % 16
    if (kind < 4) this.answerWell()
    else if (kind === 4) this.answerBadly(how % 2 === 0)
    else if (kind < 7) this.readOn(1 + (how % 3), how % 5 > 0)
    else if (kind < 9) this.endUpload(how)
    else if (kind === 9) this.surpriseUpload(how)
    else if (kind === 10) this.hear({ type: 'heartbeat' })
    else if (kind === 11) this.tick(how * 100)
    else if (kind === 12) this.hear({ type: how % 3 === 0 ? 'out-of-range' : 'memory-short' })
    else if (kind === 13) this.repeatAnswer(how)
    else if (kind === 14) this.otherOwner(how % 3)
    else if (how % 40 === 0) this.leave('revoked')
    else this.readOn(2, true)
  }

  /** Everything works from now on, and the writer is told to end. */
  finishWell(): void {
    this.leave('drain')
    for (let round = 0; round < 200 && !this.closed; round++) {
      this.answerWell()
      this.endUpload(round)
      this.hear({ type: 'heartbeat' })
      this.tick(10_000)
    }
    must(this.closed, 'a writer that is drained closes')
    must(this.sealed.size === 0 && this.open.records === 0, 'nothing is held after the end')
  }

  // ------------------------------------------------------------ what happens

  private answerWell(): void {
    const { question } = this
    if (question === undefined) return
    this.question = undefined
    this.tell(this.execute(question))
  }

  private answerBadly(executed: boolean): void {
    const { question } = this
    if (question === undefined || !('base' in question) || question.do === 'find-journal') return
    this.question = undefined
    if (executed) this.execute(question)
    this.mustFind = !this.revoked
    this.tell({ type: 'surprised', turn: question.turn })
  }

  private tell(answer: Answer): void {
    if (answer.type === 'surprised') this.mustFind = !this.revoked
    if (answer.type === 'claimed' || answer.type === 'committed') this.acknowledged = this.head
    this.answered.push(answer)
    this.hear(answer)
  }

  private readOn(offsets: number, withRecords: boolean): void {
    if (!this.reading || !accepts(this.state)) return
    const records = this.open.records + (withRecords ? offsets : 0)
    this.open = { ...this.open, end: this.open.end + offsets, records }
    const size = { records, bytes: records, openFiles: Math.min(records, 1) }
    this.hear({ type: 'read', position: this.open.end, size })
  }

  private endUpload(which: number): void {
    const [flush, key] = pick(this.uploading, which) ?? []
    if (flush === undefined || key === undefined) return
    this.uploading.delete(flush)
    const range = this.sealed.get(key)
    must(range !== undefined, 'what is uploaded is held')
    if (range !== undefined) this.stamped.set(flush, range)
    this.hear({ type: 'uploaded', key, flush })
  }

  private surpriseUpload(which: number): void {
    const [flush, key] = pick(this.uploading, which) ?? []
    if (flush === undefined || key === undefined) return
    this.mustFind = !this.revoked
    this.question = undefined
    this.hear({ type: 'upload-surprised', key, flush })
  }

  private tick(ms: number): void {
    this.nowMs = Math.min(this.nowMs + ms, wakeAtMs(this.state) ?? this.nowMs + ms)
    this.hear({ type: 'tick' })
  }

  private repeatAnswer(which: number): void {
    const answer = this.answered[which % Math.max(1, this.answered.length)]
    if (answer === undefined) return
    const before = this.state
    this.hear(answer)
    must(this.state === before, 'the answer to an older question changes nothing')
  }

  /** Somebody else claims the journal, settles it, and perhaps writes on. */
  private otherOwner(how: number): void {
    if (how === 0) return
    const writer = `other${this.others++}`
    if (this.head.flush !== undefined) this.published.add(this.head.flush)
    this.head = { ...this.head, seq: this.head.seq + 1, writer }
    if (how === 1) return
    const { end, seq } = this.head
    this.head = { seq: seq + 1, end: end + 3, flush: undefined, writer }
  }

  private leave(type: 'revoked' | 'drain'): void {
    if (type === 'revoked') this.revoked = true
    this.hear({ type })
  }

  // ------------------------------------------------------------ what the world answers

  private execute(question: Question): Answer {
    const { turn } = question
    switch (question.do) {
      case 'find-journal': {
        const temps = [...this.stamped.keys()].map((flush) => `${flush}.0.tmp`)
        const names = [formatHead(this.head), ...temps]
        return { type: 'journal-found', turn, journal: { base: BASE, identity: JOURNAL, names } }
      }
      case 'read-offsets': {
        const log = { start: 0, end: 1e9 }
        return { type: 'offsets-read', turn, committed: undefined, log, addedLater: false }
      }
      case 'create-journal':
        return { type: 'journal-created', turn }
      case 'claim':
        return { type: this.rename(question.from, question.to) ? 'claimed' : 'surprised', turn }
      case 'commit':
        return { type: this.rename(question.from, question.to) ? 'committed' : 'surprised', turn }
      case 'settle':
        this.settle(question.flush, question.stale)
        return { type: 'settled', turn }
      case 'prepare':
        return { type: 'prepared', turn }
      case 'publish':
        return this.publish(turn)
    }
  }

  private rename(from: Head, to: Head): boolean {
    if (formatHead(from) !== formatHead(this.head)) return false
    if (to.end !== from.end || to.flush !== from.flush) this.checkCommit(from, to)
    this.head = to
    return true
  }

  private checkCommit(from: Head, to: Head): void {
    const before = from.flush
    must(before === undefined || this.published.has(before), 'the last flush is published')
    if (to.flush === undefined) return
    const range = this.stamped.get(to.flush)
    must(range !== undefined, 'a flush that is committed is uploaded and was not swept')
    must(range?.start === from.end && range.end === to.end, 'it follows the end of the journal')
  }

  private settle(flush: string | undefined, stale: readonly string[]): void {
    // Another owner may have claimed, and settled, in between: then there is nothing left to do.
    const ours = same(this.head, this.acknowledged)
    must(!ours || flush === this.head.flush, 'the carried flush is settled')
    if (flush !== undefined) this.published.add(flush)
    for (const name of stale) {
      must(!name.startsWith(`${this.head.flush}.`), 'the carried flush is not swept')
      this.stamped.delete(name.replace(/\.0\.tmp$/, ''))
    }
  }

  private publish(turn: number): Answer {
    const { flush } = this.head
    if (flush === undefined || !same(this.head, this.acknowledged)) {
      return { type: 'surprised', turn }
    }
    this.published.add(flush)
    return { type: 'published', turn }
  }

  // ------------------------------------------------------------ what the writer does

  private hear(event: WriterEvent): void {
    const surprisedBefore = this.state.phase.kind === 'surprised'
    this.take(this.step(this.state, event, this.nowMs), event, surprisedBefore)
  }

  private take([state, effects]: Step, event?: WriterEvent, wasSurprised = false): void {
    must(!this.closed || effects.length === 0, 'nothing follows the end')
    this.state = state
    must(effects.filter(isQuestion).length <= 1, 'one question at a time')
    for (const effect of effects) {
      if (!isQuestion(effect)) this.perform(effect)
      else this.asked(effect, event, wasSurprised)
    }
    // Stopped, closed or surprised: nobody waits for the answer that is under way.
    if (this.question !== undefined && this.question.turn !== state.turn) this.question = undefined
  }

  private asked(question: Question, event: WriterEvent | undefined, wasSurprised: boolean): void {
    must(this.question === undefined, `no ${question.do} while ${this.question?.do} is open`)
    if (this.mustFind) {
      must(question.do === 'find-journal', 'after a surprise the journal is looked for')
      must(event?.type === 'heartbeat' && wasSurprised, 'and only after a heartbeat')
      this.mustFind = false
    }
    if (question.do === 'claim') must(!this.revoked, 'whoever was revoked does not claim')
    if (question.do === 'commit') {
      must(
        same(question.from, this.acknowledged),
        'a commit starts from what was acknowledged last',
      )
    }
    this.question = question
  }

  private perform(deed: Deed): void {
    switch (deed.do) {
      case 'fetch-from':
        must(this.open.records === 0 || deed.offset === this.open.end, 'it reads on without a gap')
        if (deed.offset !== this.open.end) this.open = empty(deed.offset)
        this.reading = true
        break
      case 'seal':
        this.sealed.set(deed.key, this.open)
        this.open = empty(this.open.end)
        break
      case 'upload':
        must((this.sealed.get(deed.key)?.records ?? 0) > 0, 'only what holds records is uploaded')
        this.uploading.set(deed.flush, deed.key)
        break
      case 'cancel-uploads':
        this.uploading.clear()
        break
      case 'finish':
        must(this.sealed.delete(deed.key), 'only what is held is finished')
        break
      case 'discard':
        this.sealed.clear()
        this.open = empty(this.open.end)
        break
      case 'tell-kafka':
        this.checkTold(deed.offset)
        break
      case 'close':
        this.closed = true
    }
  }

  private checkTold(offset: number): void {
    must(offset <= this.head.end, 'Kafka is told nothing that is not committed')
    const { flush, end } = this.head
    const final = flush === undefined || this.published.has(flush) || offset < end
    must(final, 'Kafka is told nothing that is not published')
  }
}

export class BrokenRule extends Error {}

function must(holds: boolean, rule: string): void {
  if (!holds) throw new BrokenRule(`broken: ${rule}`)
}

function empty(at: number): Range {
  return { start: at, end: at, records: 0 }
}

function same(a: Head, b: Head | undefined): boolean {
  return b !== undefined && formatHead(a) === formatHead(b)
}

function pick<K, V>(from: ReadonlyMap<K, V>, which: number): [K, V] | undefined {
  return from.size === 0 ? undefined : [...from][which % from.size]
}
