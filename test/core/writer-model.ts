import type { Head } from '../../src/core/journal.ts'
import type { Answer, Deed, Question, WriterEvent } from '../../src/core/partition-events.ts'
import {
  accepts,
  begin,
  type Step,
  type step,
  type WriterSettings,
  wakeAtMs,
} from '../../src/core/partition-writer.ts'
import { JournalTruth, must, type Range, sameHead } from './journal-truth.ts'
import { isQuestion, SETTINGS } from './writer-driver.ts'

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

  private readonly journal = new JournalTruth()

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
  /** The flush that segments were cut for, of the open buffer and of what is sealed. */
  private openCut: string | undefined
  private readonly sealedCut = new Map<number, string>()
  /** Cut under a claim that is over. */
  private readonly lost = new Set<string>()

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
    return this.journal.head.end
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
    else if (kind === 12) this.hear({ type: TROUBLES[how % TROUBLES.length] ?? 'memory-short' })
    else if (kind === 13) this.repeatAnswer(how)
    else if (kind === 14) this.changeOwner(how % 3)
    else if (how % 40 === 0) this.leave('revoked')
    else if (how % 40 === 1) this.refuseRecord()
    else if (how % 4 === 0) this.failSegment(how)
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
    if (answer.type === 'claimed' || answer.type === 'committed')
      this.acknowledged = this.journal.head
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

  /** The next record is one that cannot be written. */
  private refuseRecord(): void {
    if (!this.reading || !accepts(this.state)) return
    const stop = { reason: 'unwritable', explanation: 'refused', offset: this.open.end } as const
    this.hear({ type: 'cannot-write', stop })
  }

  private endUpload(which: number): void {
    const [flush, key] = pick(this.uploading, which) ?? []
    if (flush === undefined || key === undefined) return
    this.uploading.delete(flush)
    const range = this.sealed.get(key)
    must(range !== undefined, 'what is uploaded is held')
    if (range !== undefined) this.journal.stamp(flush, range)
    this.hear({ type: 'uploaded', key, flush })
  }

  private surpriseUpload(which: number): void {
    const [flush, key] = pick(this.uploading, which) ?? []
    if (flush === undefined || key === undefined) return
    this.mustFind = !this.revoked
    this.question = undefined
    this.hear({ type: 'upload-surprised', key, flush })
  }

  /** A segment cannot be had any more, or those of a flush are not joined. */
  private failSegment(how: number): void {
    const [key, flush] = pick(this.sealedCut, how) ?? []
    if (key !== undefined && flush !== undefined && this.uploading.get(flush) === key) {
      this.mustFind = !this.revoked
      this.question = undefined
      this.hear({ type: 'join-refused', key, flush })
    } else if (this.openCut !== undefined && this.state.phase.kind === 'writing') {
      this.mustFind = !this.revoked
      this.question = undefined
      this.hear({ type: 'segment-surprised', flush: this.openCut })
    }
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

  private changeOwner(how: number): void {
    if (how > 0) this.journal.changeOwner(how === 2)
  }

  private leave(type: 'revoked' | 'drain'): void {
    if (type === 'revoked') this.revoked = true
    this.hear({ type })
  }

  // ------------------------------------------------------------ what the world answers

  private execute(question: Question): Answer {
    const { turn } = question
    switch (question.do) {
      case 'find-journal':
        return { type: 'journal-found', turn, journal: this.journal.listing() }
      case 'read-offsets':
      case 'tell-and-read-offsets': {
        const log = { start: 0, end: 1e9 }
        return { type: 'offsets-read', turn, committed: undefined, log, addedLater: false }
      }
      case 'create-journal':
        return { type: 'journal-created', turn }
      case 'claim':
        return {
          type: this.journal.rename(question.from, question.to) ? 'claimed' : 'surprised',
          turn,
        }
      case 'commit':
        return {
          type: this.journal.rename(question.from, question.to) ? 'committed' : 'surprised',
          turn,
        }
      case 'settle':
        this.journal.settle(question.flush, question.stale, this.acknowledged)
        return { type: 'settled', turn }
      case 'prepare':
        return { type: 'prepared', turn }
      case 'publish':
        return { type: this.journal.publish(this.acknowledged) ? 'published' : 'surprised', turn }
    }
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
        sameHead(question.from, this.acknowledged),
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
      case 'cut':
        must(this.open.records > 0, 'only what holds records is cut')
        must(!this.lost.has(deed.flush), 'segments of two claims are never of one flush')
        must((this.openCut ?? deed.flush) === deed.flush, 'segments of a buffer have one name')
        this.openCut = deed.flush
        break
      case 'seal':
        this.sealed.set(deed.key, this.open)
        if (this.openCut !== undefined) this.sealedCut.set(deed.key, this.openCut)
        this.openCut = undefined
        this.open = empty(this.open.end)
        break
      case 'upload': {
        must((this.sealed.get(deed.key)?.records ?? 0) > 0, 'only what holds records is uploaded')
        const cutAs = this.sealedCut.get(deed.key) ?? deed.flush
        must(!this.lost.has(cutAs), 'what was cut under another claim is read again')
        must(cutAs === deed.flush, 'the rest of a flush goes where its segments are')
        this.uploading.set(deed.flush, deed.key)
        break
      }
      case 'cancel-uploads':
        this.uploading.clear()
        for (const flush of [...this.sealedCut.values(), this.openCut]) {
          if (flush !== undefined) this.lost.add(flush)
        }
        break
      case 'finish':
        must(this.sealed.delete(deed.key), 'only what is held is finished')
        this.sealedCut.delete(deed.key)
        break
      case 'discard':
        this.sealed.clear()
        this.sealedCut.clear()
        this.openCut = undefined
        this.open = empty(this.open.end)
        break
      case 'tell-kafka':
        this.journal.checkTold(deed.offset)
        break
      case 'report-stop':
        if (deed.stop.reason === 'unwritable' && deed.stop.offset !== undefined) {
          const written = this.end >= deed.stop.offset
          must(written, 'all that came before a refused record is written before it stops')
        }
        break
      case 'close':
        this.closed = true
    }
  }
}

const TROUBLES = ['out-of-range', 'memory-short', 'segment-full'] as const

function empty(at: number): Range {
  return { start: at, end: at, records: 0 }
}

function pick<K, V>(from: ReadonlyMap<K, V>, which: number): [K, V] | undefined {
  return from.size === 0 ? undefined : [...from][which % from.size]
}
