import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { IMAGES, kafkaEnvironment } from '../../stack/container-images.ts'
import { plainCore, plainSite, renderSite } from '../../stack/hdfs.ts'
import { jvmCommand } from '../../stack/jvm.ts'
import { clusterId, plainProperties, renderProperties } from '../../stack/kafka.ts'
import { toolScript } from '../../stack/tools.ts'

const PORTS = {
  nameNodeRpc: 1,
  nameNodeHttp: 2,
  dataNode: 3,
  dataNodeHttp: 4,
  dataNodeIpc: 5,
}

describe('the configuration of Kafka', () => {
  it('listens on this machine alone and advertises the same address', () => {
    const properties = plainProperties(9092, 9093, '/data')
    expect(properties.listeners).toBe('PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093')
    expect(properties['advertised.listeners']).toBe(properties.listeners)
    expect(properties['log.dirs']).toBe('/data')
  })

  it('is written so that Java reads back what was meant', () => {
    const properties = { 'a.b': 'C:\\data', 'with space': ' led by a space', lines: 'one\ntwo' }
    expect(renderProperties(properties)).toBe(
      'a.b=C:\\\\data\nwith\\ space=\\ led by a space\nlines=one\\ntwo\n',
    )
  })

  it('reaches the image by variables that escape dots, dashes and underscores apart', () => {
    expect(kafkaEnvironment({ 'log.dirs': 'x', 'a-b_c': 'y' })).toEqual({
      KAFKA_LOG_DIRS: 'x',
      KAFKA_A___B__C: 'y',
    })
  })

  it('names each cluster anew with 16 bytes in base64url', () => {
    expect(clusterId()).toMatch(/^[\w-]{22}$/)
    expect(clusterId()).not.toBe(clusterId())
  })
})

describe('the configuration of HDFS', () => {
  it('keeps every address on this machine', () => {
    const site = plainSite(PORTS, '/run/hdfs')
    const addresses = Object.entries(site).filter(([name]) => name.endsWith('address'))
    expect(addresses.map(([, value]) => value)).toEqual([
      'localhost:2',
      'localhost:3',
      'localhost:4',
      'localhost:5',
    ])
    expect(plainCore(PORTS, '/run/hdfs')['fs.defaultFS']).toBe('hdfs://localhost:1')
  })

  it('shortens the wait of a close that came before its block was reported', () => {
    const name = 'dfs.client.block.write.locateFollowingBlock.initial.delay.ms'
    expect(plainSite(PORTS, '/run/hdfs')[name]).toBe('10')
  })

  it('is written as XML whatever the values contain', () => {
    expect(renderSite({ a: '<x> & y' })).toContain(
      '<property><name>a</name><value>&lt;x&gt; &amp; y</value></property>',
    )
  })
})

describe('the command line of a JVM', () => {
  const options = {
    classPath: 'a.jar',
    temporaryDirectory: '/run/tmp',
    heapMegabytes: 256,
    logLevel: 'info',
  } as const

  it('starts fast when asked to be quick, and leaves the compilers alone otherwise', () => {
    const flag = '-XX:TieredStopAtLevel=1'
    expect(jvmCommand({ ...options, jit: 'quick' }).args).toContain(flag)
    expect(jvmCommand({ ...options, jit: 'full' }).args).not.toContain(flag)
  })

  it('keeps the class path out of the process list', () => {
    const { args, env } = jvmCommand({ ...options, jit: 'quick' })
    expect(args.join(' ')).not.toContain('a.jar')
    expect(env).toEqual({ CLASSPATH: 'a.jar' })
  })

  it('unpacks nothing outside the run, where a kill would leave it', () => {
    expect(jvmCommand({ ...options, jit: 'full' }).args).toContain('-Djava.io.tmpdir=/run/tmp')
  })
})

describe('the script that runs a tool', () => {
  it('quotes what a shell would take apart', () => {
    const script = toolScript({
      kind: 'process',
      command: 'java',
      args: ["-Dx=it's"],
      env: { CLASSPATH: '/a b/*' },
    })
    expect(script).toBe(`#!/bin/sh\nexport CLASSPATH='/a b/*'\nexec 'java' '-Dx=it'\\''s' "$@"\n`)
  })
})

describe('the images', () => {
  it('are those of docker-compose.yml', async () => {
    const file = path.join(import.meta.dirname, '../../docker-compose.yml')
    const compose = parse(await readFile(file, 'utf8'), { merge: true })
    expect(compose.services.kafka.image).toBe(IMAGES.kafka)
    expect(compose.services.namenode.image).toBe(IMAGES.hadoop)
  })
})
