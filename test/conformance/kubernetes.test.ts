import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { prometheusRule } from '../../deploy/prometheus-rule.ts'
import { loadConfig } from '../../src/config/load.ts'
import { startWaitingSink } from '../support/waiting-sink.ts'
import { read, repositoryFiles } from './source-files.ts'

/* What the files of deploy/kubernetes say about the sink, its configuration and each other. */

const FOLDER = 'deploy/kubernetes'
const BASE = `${FOLDER}/base`
const OVERLAY = `${FOLDER}/overlays/production`
const { version }: { readonly version: string } = JSON.parse(read('package.json'))

const files = repositoryFiles().filter((file) => file.startsWith(`${FOLDER}/`))
const configurations = files.filter((file) => file.endsWith('/sink.yaml'))

/** Each value of a document with the keys that lead to it: `spec.ports.0.port`. */
type Leaves = ReadonlyMap<string, unknown>

const documents: ReadonlyMap<string, Leaves> = new Map(
  files
    .filter((file) => !configurations.includes(file))
    .map((file) => [file, leavesOf(onlyDocument(file))]),
)

function onlyDocument(file: string): unknown {
  const [document, ...more] = parseAllDocuments(read(file))
  if (document === undefined || more.length > 0) throw new Error(`${file} is not one document`)
  expect([...document.errors, ...document.warnings], file).toEqual([])
  return document.toJS()
}

function leavesOf(value: unknown, keys: readonly string[] = []): Leaves {
  if (typeof value !== 'object' || value === null) return new Map([[keys.join('.'), value]])
  return new Map(
    Object.entries(value).flatMap(([key, inside]) => [...leavesOf(inside, [...keys, key])]),
  )
}

function document(file: string): Leaves {
  const found = documents.get(file)
  if (found === undefined) throw new Error(`there is no ${file}`)
  return found
}

function configurationOf(folder: string) {
  const file = `${folder}/sink.yaml`
  return loadConfig({ file, text: read(file), env: {}, sets: [] })
}

const deployment = document(`${BASE}/deployment.yaml`)
const POD = 'spec.template.spec'
const CONTAINER = `${POD}.containers.0`

/** The overlay's value where it has one. */
function inOverlay(patch: string, key: string, base: Leaves): unknown {
  return document(`${OVERLAY}/${patch}`).get(key) ?? base.get(key)
}

describe('deploy/kubernetes', () => {
  it('names every file that is there, and no other', () => {
    const kustomizations = files.filter((file) => path.basename(file) === 'kustomization.yaml')
    const named = kustomizations.flatMap((file) => {
      const entries = [...document(file)].filter(([key]) =>
        /^(resources|components)\.\d+$|^(patches\.\d+\.path|configMapGenerator\.\d+\.files\.\d+)$/.test(
          key,
        ),
      )
      return entries.map(([, to]) => path.posix.join(path.dirname(file), String(to)))
    })
    const asFiles = named.map((to) => (files.includes(to) ? to : `${to}/kustomization.yaml`))
    expect(asFiles.filter((file) => !files.includes(file))).toEqual([])
    const tops = [OVERLAY, `${FOLDER}/tools`].map((folder) => `${folder}/kustomization.yaml`)
    expect([...new Set([...asFiles, ...tops])].sort()).toEqual([...files].sort())
  })

  it.each(configurations.map(path.posix.dirname))('has a valid configuration in %s', (folder) => {
    const config = configurationOf(folder)
    expect(config.http).toMatchObject({ host: '0.0.0.0', port: port() })
  })

  it('gives the commands the configuration of the sink', () => {
    expect(read(`${FOLDER}/tools/sink.yaml`)).toBe(read(`${OVERLAY}/sink.yaml`))
  })

  it('runs the image of this version, as its user', () => {
    const tools = document(`${FOLDER}/tools/pod.yaml`)
    expect(deployment.get(`${CONTAINER}.image`)).toBe(`kafka-hdfs-sink:${version}`)
    expect(tools.get('spec.containers.0.image')).toBe(`kafka-hdfs-sink:${version}`)
    for (const folder of [OVERLAY, `${FOLDER}/tools`]) {
      const images = document(`${folder}/kustomization.yaml`)
      expect(images.get('images.0.name')).toBe('kafka-hdfs-sink')
      expect(images.get('images.0.newTag')).toBe(version)
    }
    const dockerfile = read('Dockerfile')
    expect(dockerfile).toContain(`ARG VERSION=${version}\n`)
    const user = `${deployment.get(`${POD}.securityContext.runAsUser`)}`
    expect(dockerfile).toContain(`USER ${user}:${user}\n`)
    const mounted = deployment.get(`${CONTAINER}.volumeMounts.0.mountPath`)
    expect(dockerfile).toContain(`"--config", "${mounted}/sink.yaml"]`)
  })

  it.each([
    ['deployment', deployment, POD],
    ['tools', document(`${FOLDER}/tools/pod.yaml`), 'spec'],
  ])('gives the pod of the %s no right that it does not need', (_, leaves, pod) => {
    const container = `${pod}.containers.0.securityContext`
    expect(Object.fromEntries(leaves)).toMatchObject({
      [`${pod}.automountServiceAccountToken`]: false,
      [`${pod}.enableServiceLinks`]: false,
      [`${pod}.securityContext.runAsNonRoot`]: true,
      [`${pod}.securityContext.seccompProfile.type`]: 'RuntimeDefault',
      [`${container}.allowPrivilegeEscalation`]: false,
      [`${container}.readOnlyRootFilesystem`]: true,
      [`${container}.capabilities.drop.0`]: 'ALL',
    })
  })

  it('lets the sink finish before it is killed, and replaces pods one by one', () => {
    const key = `${POD}.terminationGracePeriodSeconds`
    const graces = [
      [deployment.get(key), configurationOf(BASE)],
      [inOverlay('resources.yaml', key, deployment), configurationOf(OVERLAY)],
    ] as const
    for (const [seconds, { shutdown }] of graces) {
      expect(Number(seconds) * 1000).toBeGreaterThanOrEqual(shutdown.deadlineMs + 10_000)
    }
    expect(deployment.get('spec.strategy.rollingUpdate.maxSurge')).toBe(0)
    expect(deployment.get('spec.strategy.rollingUpdate.maxUnavailable')).toBe(1)
  })

  it('lets one pod after the other be taken away', () => {
    const label = 'app.kubernetes.io/name'
    const selector = document(`${BASE}/pod-disruption-budget.yaml`).get(
      `spec.selector.matchLabels.${label}`,
    )
    expect(document(`${BASE}/kustomization.yaml`).get(`labels.0.pairs.${label}`)).toBe(selector)
  })

  it('gives the process more memory than the budget', () => {
    const key = `${CONTAINER}.resources.limits.memory`
    const limits = [
      [deployment.get(key), configurationOf(BASE)],
      [inOverlay('resources.yaml', key, deployment), configurationOf(OVERLAY)],
    ] as const
    for (const [limit, { memory }] of limits) {
      const least = Math.max(512 * 1024 ** 2, 1.25 * memory.budgetBytes + 256 * 1024 ** 2)
      expect(bytesOf(String(limit))).toBeGreaterThanOrEqual(least)
    }
  })

  it('has the alerts that Prometheus has elsewhere', () => {
    const rule = read(`${FOLDER}/components/prometheus/prometheus-rule.yaml`)
    expect(rule).toBe(prometheusRule(read('config/prometheus/alerts.yml')))
  })

  it('asks where the sink answers', { timeout: 30_000 }, async () => {
    const sink = await startWaitingSink()
    const monitor = document(`${FOLDER}/components/prometheus/service-monitor.yaml`)
    const paths = [
      deployment.get(`${CONTAINER}.livenessProbe.httpGet.path`),
      deployment.get(`${CONTAINER}.readinessProbe.httpGet.path`),
      monitor.get('spec.endpoints.0.path'),
    ]
    expect(paths).toEqual(['/livez', '/readyz', '/metrics'])
    const statuses = paths.map(async (each) => (await fetch(`${sink.url}${each}`)).status)
    // It waits for Kafka: alive, and not ready.
    expect(await Promise.all(statuses)).toEqual([200, 503, 200])
    await sink.stop()
    const service = document(`${BASE}/service.yaml`)
    expect(service.get('spec.ports.0.port')).toBe(port())
    const portNames = [
      deployment.get(`${CONTAINER}.ports.0.name`),
      deployment.get(`${CONTAINER}.livenessProbe.httpGet.port`),
      deployment.get(`${CONTAINER}.readinessProbe.httpGet.port`),
      service.get('spec.ports.0.name'),
      service.get('spec.ports.0.targetPort'),
      monitor.get('spec.endpoints.0.port'),
    ]
    expect(new Set(portNames)).toEqual(new Set(['http']))
    expect(monitor.get('spec.jobLabel')).toBe('app.kubernetes.io/name')
    const labels = document(`${BASE}/kustomization.yaml`)
    expect(labels.get('labels.0.pairs.app.kubernetes.io/name')).toBe('kafka-hdfs-sink')
  })

  it.each([
    [BASE, document(`${FOLDER}/components/keda/scaled-object.yaml`)],
    [OVERLAY, document(`${OVERLAY}/scaling.yaml`)],
  ])('scales by the lag of what %s reads', (folder, scaling) => {
    const { kafka, flush, workers } = configurationOf(folder)
    const base = document(`${FOLDER}/components/keda/scaled-object.yaml`)
    const trigger = (key: string) => scaling.get(`spec.triggers.0.metadata.${key}`)
    expect(trigger('bootstrapServers')).toBe(kafka.brokers.join(','))
    expect(trigger('consumerGroup')).toBe(kafka.group)
    expect([trigger('topic')]).toEqual(kafka.topics)
    expect(trigger('offsetResetPolicy')).toBe(kafka.startFrom)
    expect(Number(trigger('lagThreshold'))).toBeGreaterThan(
      flush.records * (workers === 'auto' ? 1 : workers),
    )
    expect(base.get('spec.minReplicaCount')).toBeGreaterThanOrEqual(1)
    const behavior = 'spec.advanced.horizontalPodAutoscalerConfig.behavior'
    expect(base.get(`${behavior}.scaleDown.stabilizationWindowSeconds`)).toBeGreaterThanOrEqual(600)
    expect(base.get('spec.scaleTargetRef.name')).toBe(deployment.get('metadata.name'))
    // Whoever sets replicas undoes the scaler.
    expect(deployment.has('spec.replicas')).toBe(false)
  })
})

function port(): unknown {
  return deployment.get(`${CONTAINER}.ports.0.containerPort`)
}

function bytesOf(quantity: string): number {
  const [, amount, unit] = /^(\d+)([MG]i)$/.exec(quantity) ?? []
  return Number(amount) * (unit === 'Gi' ? 1024 ** 3 : 1024 ** 2)
}
