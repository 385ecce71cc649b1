import { OtherNameNodeError } from '../../src/core/errors.ts'
import type { CallOptions, FileStatus, FileSystem } from '../../src/core/ports.ts'
import {
  CallAbortedError,
  ConnectionLostError,
  RequestTimeoutError,
} from '../../src/hdfs/errors.ts'
import { type Schedule, throughSeam } from './schedule.ts'
import { failed, type SimHdfs } from './sim-hdfs.ts'

interface Request<T> {
  readonly op: string
  readonly path: string
  readonly changes: boolean
  readonly effect: () => T
  readonly cut?: () => void
}

/** SimHdfs as one process sees it: every call is one request that a schedule decides about. */
export class SimFileSystem implements FileSystem {
  nameNode: string | undefined
  private readonly hdfs: SimHdfs
  private readonly who: string
  private readonly schedule: Schedule

  constructor(hdfs: SimHdfs, who: string, schedule: Schedule) {
    this.hdfs = hdfs
    this.who = who
    this.schedule = schedule
  }

  status(path: string, call?: CallOptions): Promise<FileStatus | undefined> {
    return this.read('GETFILESTATUS', path, () => this.hdfs.status(path), call)
  }

  list(path: string, call?: CallOptions): Promise<FileStatus[] | undefined> {
    return this.read('LISTSTATUS', path, () => this.hdfs.list(path), call)
  }

  getXattrs(path: string, call?: CallOptions): Promise<ReadonlyMap<string, string> | undefined> {
    return this.read('GETXATTRS', path, () => this.hdfs.getXattrs(path), call)
  }

  makeDirectory(path: string, call?: CallOptions): Promise<void> {
    return this.change('MKDIRS', path, () => this.hdfs.makeDirectory(path), call)
  }

  rename(from: string, to: string, call?: CallOptions): Promise<void> {
    return this.change('RENAME', from, () => this.hdfs.rename(from, to), call)
  }

  delete(path: string, options: { recursive: boolean }, call?: CallOptions): Promise<boolean> {
    return this.change('DELETE', path, () => this.hdfs.delete(path, options.recursive), call)
  }

  setXattr(
    path: string,
    name: string,
    value: string,
    mode: 'create' | 'replace' | 'set',
    call?: CallOptions,
  ): Promise<void> {
    return this.change('SETXATTR', path, () => this.hdfs.setXattr(path, name, value, mode), call)
  }

  upload(path: string, chunks: readonly Uint8Array[], call?: CallOptions): Promise<void> {
    const bytes = Buffer.concat(chunks)
    const half = bytes.subarray(0, bytes.length >> 1)
    return this.send(
      {
        op: 'CREATE',
        path,
        changes: true,
        effect: () => this.hdfs.create(path, bytes),
        cut: () => this.hdfs.create(path, half),
      },
      call,
    )
  }

  private read<T>(op: string, path: string, effect: () => T, call?: CallOptions): Promise<T> {
    return this.send({ op, path, changes: false, effect }, call)
  }

  private change<T>(op: string, path: string, effect: () => T, call?: CallOptions): Promise<T> {
    return this.send({ op, path, changes: true, effect }, call)
  }

  private async send<T>(request: Request<T>, call: CallOptions = {}): Promise<T> {
    const { op, path, changes, effect, cut } = request
    if (call.onlyNameNode !== undefined && call.onlyNameNode !== this.nameNode) {
      throw new OtherNameNodeError(failed(op, path, 'another NameNode is active'))
    }
    const answer = await throughSeam(effect, {
      schedule: this.schedule,
      call: { who: this.who, port: 'hdfs', op, subject: path, changes },
      signal: call.signal,
      lost: (kind) => lostAnswer(kind, op, path, changes),
      ...(cut === undefined ? {} : { cut }),
    })
    this.nameNode = 'sim'
    return answer
  }
}

function lostAnswer(
  kind: 'connection' | 'timeout' | 'aborted',
  op: string,
  path: string,
  ambiguous: boolean,
): Error {
  const failure = failed(op, path, `lost: ${kind}`, { ambiguous })
  if (kind === 'aborted') return new CallAbortedError(failure)
  return kind === 'timeout' ? new RequestTimeoutError(failure) : new ConnectionLostError(failure)
}
