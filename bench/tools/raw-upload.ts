/**
 * The ceiling of writing: uploads files of the same sizes and does nothing else.
 *
 *   node bench/tools/raw-upload.ts <url> <user> <directory> <files> <bytes per file> <at once>
 */
import PQueue from 'p-queue'
import { RawWebHdfs } from './raw-webhdfs.ts'
import { reportWork } from './run-tool.ts'

const CHUNK_BYTES = 1024 * 1024

const [url = '', user = '', directory = '', files = '', bytes = '', atOnce = ''] =
  process.argv.slice(2)
const hdfs = new RawWebHdfs(url, user)
const chunk = Buffer.alloc(CHUNK_BYTES, 'x')
const whole = new Array<Buffer>(Math.floor(Number(bytes) / CHUNK_BYTES)).fill(chunk)
const chunks = [...whole, chunk.subarray(0, Number(bytes) % CHUNK_BYTES)]

await reportWork(async () => {
  const queue = new PQueue({ concurrency: Number(atOnce) })
  const upload = (n: number) => queue.add(() => hdfs.create(`${directory}/${n}`, chunks))
  await Promise.all(Array.from({ length: Number(files) }, (_, n) => upload(n)))
})
hdfs.close()
