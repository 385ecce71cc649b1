import { z } from 'zod'
import { checkCombinations } from './rules.ts'
import * as value from './values.ts'
import { milliseconds } from './values.ts'

/*
 * Everything that can be configured. Types, checks, defaults, the names of environment variables,
 * the documentation and the JSON Schema all come from here. Each description says what the key
 * means, and why its default is what it is.
 */

const kafka = z
  .strictObject({
    brokers: value
      .listOf(value.broker, (broker) => broker.toLowerCase())
      .meta({
        description: 'Brokers to start from; the others of the cluster are found through them.',
        examples: [['localhost:9092']],
      }),
    clientId: z.string().min(1).max(249).default('kafka-hdfs-sink').meta({
      description: 'Name by which brokers know the sink in their logs and quotas.',
    }),
    group: value.groupName.default('kafka-hdfs-sink').meta({
      expects: 'the name of a consumer group (1 to 249 of A-Z a-z 0-9 . _ -)',
      description:
        'Consumer group. It also names the directory of the journal, so a new group starts over.',
    }),
    topics: value
      .listOf(value.topicName)
      .optional()
      .meta({
        description: 'Topics to read, by name. Either this or `topicPattern`.',
        examples: [['select-color']],
      }),
    topicPattern: value.regularExpression.optional().meta({
      expects: 'a regular expression',
      description:
        'Topics to read, as a JavaScript regular expression. It is looked for anywhere in the name ' +
        'unless `^` and `$` say otherwise. Either this or `topics`.',
      examples: ['^web\\..+$'],
    }),
    topicRefreshMs: milliseconds(1000)
      .default(60_000)
      .meta({
        description:
          'How often `topicPattern` is matched again. A minute: new topics are rare, and every ' +
          'change costs the group a rebalance.',
      }),
    startFrom: z
      .enum(['earliest', 'latest'])
      .default('earliest')
      .meta({
        description:
          'Where a partition begins that neither the journal nor the group knows. `earliest` loses ' +
          'nothing. Partitions added later to a known topic always begin at their start.',
      }),
    onRetentionGap: z
      .enum(['stop', 'skip'])
      .default('stop')
      .meta({
        description:
          'What to do when Kafka deleted records before they were written: `stop` that partition, ' +
          'or `skip` the lost range and journal it. Loss is never silent by default.',
      }),
    sessionTimeoutMs: milliseconds(1000)
      .default(30_000)
      .meta({
        description:
          'How long the group waits for a silent member. 30 s outlasts a pause of the machine; ' +
          'brokers accept 6 s to 30 min unless they are configured otherwise.',
      }),
    heartbeatIntervalMs: milliseconds(100).default(3000).meta({
      description: 'Time between heartbeats, at most a third of `sessionTimeoutMs`.',
    }),
    rebalanceTimeoutMs: milliseconds(1000).default(60_000).meta({
      description:
        'How long a rebalance waits for its members. 60 s leave time to flush what is buffered.',
    }),
    requestTimeoutMs: milliseconds(100).default(30_000).meta({
      description: 'How long a request to a broker may take. Longer than `maxWaitMs`.',
    }),
    maxBytesPerPartition: value.bufferBytes(1024).default(1_048_576).meta({
      description:
        'Most bytes of one partition in one fetch. 1 MiB is where throughput stopped growing.',
    }),
    maxWaitMs: milliseconds(1).default(500).meta({
      description: 'How long a broker waits for new records; also delays a shutdown.',
    }),
    maxDecompressedBatchBytes: value
      .bufferBytes(1024)
      .default(67_108_864)
      .meta({
        description:
          'Most bytes that one record batch may have when decompressed. It stops batches that would ' +
          'grow beyond the memory; 64 MiB is far above what producers send.',
      }),
  })
  .meta({ description: 'What is read, and as whom.' })

const hdfs = z
  .strictObject({
    urls: value
      .listOf(value.webHdfsUrl, (url) => url.toLowerCase())
      .meta({
        description: 'WebHDFS of the NameNodes. With high availability, all of them.',
        examples: [['http://localhost:9870']],
      }),
    allowedDataNodeHosts: value
      .listOf(value.dataNodeHost, (host) => host.toLowerCase())
      .optional()
      .meta({
        description:
          'DataNodes that files may be sent to and read from: host, host:port, or *.domain for all ' +
          'names below it. Unless set, wherever the NameNodes send the sink; set it where they are ' +
          'reached over a network that is not trusted.',
        examples: [['*.hdfs.example.com']],
      }),
    user: value.hdfsUser.default('hdfs').meta({
      expects: 'the name of a user (letters, digits, . _ -)',
      description: 'User who owns what is written.',
    }),
    root: value.absolutePath.default('/kafka').meta({
      expects: 'an absolute path of HDFS such as /kafka',
      description: 'Directory of the sink. Its journal lives in `<root>/_sink`: never touch that.',
    }),
    path: z
      .string()
      .min(1)
      .default('{topic}/{partition}/{startOffset}-{endOffset}.{extension}')
      .meta({
        expects: 'a path template',
        description:
          'Where files go: relative to `root`, or absolute. `{topic}` `{partition}` `{startOffset}` ' +
          '`{endOffset}` `{extension}`, and of the record time `{yyyy}` `{MM}` `{dd}` `{HH}` `{mm}`. ' +
          'Offsets have 20 digits; `{partition:5}` or `{startOffset:10}` set another least number. ' +
          'Templates whose names could collide are refused.',
      }),
    timeZone: value.ianaTimeZone.default('UTC').meta({
      expects: 'an IANA time zone such as UTC or Asia/Seoul',
      description: 'Zone of the record time in paths.',
    }),
    requestTimeoutMs: milliseconds(100).default(10_000).meta({
      description: 'How long a request to a NameNode may take. A restarting one stalls about 5 s.',
    }),
    uploadIdleTimeoutMs: milliseconds(1000).default(60_000).meta({
      description:
        'How long an upload may stand still, closing the file included. DataNodes set no limit.',
    }),
    uploadsInFlight: z
      .int()
      .min(1)
      .max(256)
      .default(8)
      .meta({
        description:
          'Uploads at once, per worker. Eight hide that closing a file may take 400 ms. Fewer while HDFS ' +
          'does not answer in time.',
      }),
  })
  .meta({ description: 'Where it is written, and as whom.' })

const compression = z.enum(['none', 'gzip', 'zstd']).default('none').meta({
  description: 'Of the files. Hadoop reads `zstd` only with its native library.',
})

const compressionLevel = z
  .int()
  .min(1)
  .max(19)
  .default(1)
  .meta({
    description:
      'gzip 1 to 9, zstd 1 to 19; without compression it has no effect. 1 is the fastest, and the ' +
      'higher ones gain little on records.',
  })

const FORMAT_TYPE = {
  description:
    '`text`: one value per line, byte for byte. `json-lines`: one object per line with topic, ' +
    'partition, offset, timestamp, key, value, headers.',
}

const textFormat = z.strictObject({
  type: z.literal('text').optional().default('text').meta(FORMAT_TYPE),
  lineBreaks: z
    .enum(['refuse', 'escape', 'keep'])
    .default('refuse')
    .meta({
      description:
        'A value with a line break (LF or CR) inside: `refuse` stops the partition, `escape` writes `\\n` ' +
        'and `\\r`, and `\\\\` for every backslash, which readers have to undo, `keep` lets one record ' +
        'become several lines. Refusing is the only one that hides nothing.',
    }),
  compression,
  compressionLevel,
})

const jsonLinesFormat = z.strictObject({
  type: z.literal('json-lines').meta(FORMAT_TYPE),
  values: z
    .enum(['string', 'json'])
    .default('string')
    .meta({
      description:
        '`string`: the value as a JSON string. `json`: the value is JSON and is embedded; one that is ' +
        'not stops the partition.',
    }),
  compression,
  compressionLevel,
})

const format = z
  .discriminatedUnion('type', [textFormat, jsonLinesFormat])
  .prefault({})
  .meta({ description: 'How records are written.' })

const flush = z
  .strictObject({
    records: z.int().min(1).default(100_000).meta({
      description: 'Records in a file at most.',
    }),
    intervalMs: milliseconds(100)
      .default(60_000)
      .meta({
        description:
          'How long the oldest record waits at most. Shorter means more and smaller files, which ' +
          'cost the NameNode memory; must be shorter than the retention of the topics.',
      }),
    bytes: value.fileBytes(1024).default(16_777_216).meta({
      description: 'Bytes in a file at most, as written, give or take one record batch.',
    }),
  })
  .prefault({})
  .meta({ description: 'When a file is finished: whichever of the three comes first.' })

const memory = z
  .strictObject({
    budgetBytes: z
      .int()
      .min(1_048_576)
      .default(100_663_296)
      .meta({
        description:
          'What all workers together may hold: three quarters for records that are encoded, beyond ' +
          'which partitions are paused, and a quarter for what is fetched and for memory that is ' +
          'kept for reuse. Each partition takes 48 KiB of the three quarters for itself, all together ' +
          'half of them at most. The process needs about 120 MiB more, and each further worker 30.',
      }),
    segmentBytes: value
      .bufferBytes(1024)
      .default(16_777_216)
      .meta({
        description:
          'What a file may hold in memory before it is sent to HDFS, where such segments become one ' +
          'file (CONCAT). When memory is short it is sent before.',
      }),
  })
  .prefault({})
  .meta({ description: 'The bound of memory.' })

const workers = z
  .union([z.literal('auto'), z.int().min(1).max(64)])
  .default('auto')
  .meta({
    expects: '"auto" or an integer from 1 to 64',
    description:
      'Worker threads. `auto`: as many as half of the cores, the partitions to read, and the shares of ' +
      'the memory budget, whichever is least. One moves some 50 to 100 MB/s of text, and keeps more than one core busy: ' +
      'collections, and the kernel, are on others.',
  })

const shutdown = z
  .strictObject({
    deadlineMs: milliseconds(100)
      .default(30_000)
      .meta({
        description:
          'How long a shutdown may take to flush and commit; later the process ends with 1, with ' +
          'nothing lost. Keep it below the grace period of what sends SIGTERM.',
      }),
  })
  .prefault({})
  .meta({ description: 'How it ends.' })

const http = z
  .strictObject({
    host: z.string().min(1).default('0.0.0.0').meta({
      description: 'Address to listen on. All, for a container; 127.0.0.1 keeps it to the machine.',
    }),
    port: z
      .union([value.portNumber, z.literal(false), z.null()])
      .transform((port) => (port === false ? null : port))
      .default(8080)
      .meta({
        expects: 'a port from 0 to 65535, or false',
        description:
          'Port of the status page, /metrics, /livez and /readyz. 0 takes a free one, false serves none.',
      }),
  })
  .prefault({})
  .meta({ description: 'Status page, metrics and health.' })

const log = z
  .strictObject({
    level: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .meta({
        description: 'The least severe that is logged.',
      }),
    format: z.enum(['auto', 'json', 'pretty']).default('auto').meta({
      description: '`auto`: pretty on a terminal, JSON elsewhere.',
    }),
  })
  .prefault({})
  .meta({ description: 'Logging, to standard error.' })

const shape = z.strictObject({ kafka, hdfs, format, flush, memory, workers, shutdown, http, log })

/** A configuration that has passed every check: complete, defaults filled in. */
export type SinkConfig = z.output<typeof shape>
export type KafkaConfig = SinkConfig['kafka']
export type HdfsConfig = SinkConfig['hdfs']
export type FormatConfig = SinkConfig['format']
export type FlushConfig = SinkConfig['flush']

export const configSchema = checkCombinations(shape)
