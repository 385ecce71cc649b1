/**
 * What a codec adds to the loop over records, and what it costs by itself on the same lines.
 *
 *   node bench/tools/codec-loop.ts <gzip|zstd> <bytes of a value>
 */
import { measureLoop } from '../../test/performance/intake-loop.ts'

const [codec = '', valueBytes = ''] = process.argv.slice(2)
const [text, compressed, alone] = ['text', `text, ${codec} level 1`, `${codec} level 1 alone`]
const micros = measureLoop(Number(valueBytes), [text, compressed, alone])
const report = {
  text: micros.get(text),
  compressed: micros.get(compressed),
  alone: micros.get(alone),
}
console.log(JSON.stringify(report))
