/**
 * The ceiling of small files: the requests that one flush of the sink consists of, for as many
 * partitions, as many uploads at once, in the same order, and nothing else.
 *
 *   node bench/tools/raw-flush.ts <url> <user> <directory> <partitions> <flushes per partition>
 *     <bytes per file> <uploads at once> <requests: all, or least>
 *
 * `all` are those of the sink's protocol. `least` is what any program needs that shows no unfinished
 * files: CREATE and one RENAME.
 */
import PQueue from 'p-queue'
import { RawWebHdfs } from './raw-webhdfs.ts'
import { reportWork } from './run-tool.ts'

/** As the sink has it for each partition. */
const UPLOADS_PER_PARTITION = 4

const [url = '', user = '', root = '', partitions = '', flushes = '', bytes = '', atOnce = ''] =
  process.argv.slice(2)
const isLeast = process.argv[9] === 'least'
const hdfs = new RawWebHdfs(url, user)
const body = [Buffer.alloc(Number(bytes), 'x')]
const uploads = new PQueue({ concurrency: Number(atOnce) })

async function upload(temp: string): Promise<void> {
  await hdfs.create(temp, body)
  if (isLeast) return
  await hdfs.ask('GET', temp, 'GETFILESTATUS')
  const attribute = `&xattr.name=user.stamp&xattr.value=${'x'.repeat(80)}&flag=CREATE`
  await hdfs.ask('PUT', temp, 'SETXATTR', attribute)
}

async function rename(from: string, to: string): Promise<void> {
  await hdfs.ask('PUT', from, 'RENAME', `&destination=${to}&renameoptions=NONE`)
}

/** One partition: uploads run ahead, commits and publications follow each other. */
async function flushAll(partition: number): Promise<void> {
  const [journal, final] = [`${root}/journal/${partition}`, `${root}/final/${partition}`]
  await hdfs.ask('PUT', final, 'MKDIRS')
  await hdfs.ask('PUT', `${journal}/head.0`, 'MKDIRS')
  const ahead: Promise<void>[] = []
  const begin = (n: number): void => {
    if (n >= Number(flushes)) return
    const uploading = uploads.add(() => upload(`${journal}/${n}.tmp`))
    uploading.catch(() => undefined)
    ahead.push(uploading)
  }
  for (let n = 0; n < UPLOADS_PER_PARTITION; n++) begin(n)
  for (let n = 0; n < Number(flushes); n++) {
    await ahead.shift()
    begin(n + UPLOADS_PER_PARTITION)
    if (!isLeast) {
      // Whether the final path is free: 404 is the good answer.
      await hdfs.ask('GET', `${final}/${n}`, 'GETFILESTATUS').catch(() => undefined)
      await rename(`${journal}/head.${n}`, `${journal}/head.${n + 1}`)
    }
    await rename(`${journal}/${n}.tmp`, `${final}/${n}`)
  }
}

await reportWork(async () => {
  await Promise.all(Array.from({ length: Number(partitions) }, (_, n) => flushAll(n)))
})
hdfs.close()
