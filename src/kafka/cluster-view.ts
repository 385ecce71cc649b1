import { KafkaUnavailableError } from '../core/errors.ts'
import type { GroupAdminOptions } from './group-admin.ts'
import { type GroupOffsets, KafkaGroupOffsets } from './group-offsets.ts'

/** The brokers of a cluster, by the addresses that they announce. */
export interface ClusterBrokers {
  readonly clusterId: string
  readonly brokers: readonly { readonly host: string; readonly port: number }[]
}

/** A cluster and a group, for whoever checks whether a sink could work with them. */
export interface ClusterView extends GroupOffsets {
  brokers(): Promise<ClusterBrokers>
}

export function createClusterView(options: GroupAdminOptions): ClusterView {
  return new KafkaClusterView(options)
}

class KafkaClusterView extends KafkaGroupOffsets implements ClusterView {
  brokers(): Promise<ClusterBrokers> {
    const operation = 'reading the brokers of the cluster'
    return this.ask(operation, async () => {
      const { clusterId, brokers } = await this.admin.describeCluster()
      if (!clusterId) throw new KafkaUnavailableError(operation, 'the broker named none')
      return { clusterId, brokers: brokers.map(({ host, port }) => ({ host, port })) }
    })
  }
}
