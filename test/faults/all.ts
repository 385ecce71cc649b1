import { DAEMON_FAULTS } from './daemon-faults.ts'
import type { Fault } from './fault.ts'
import { HA_FAULTS } from './ha-faults.ts'
import { LATE_FAULTS } from './late-faults.ts'
import { NETWORK_FAULTS } from './network-faults.ts'
import { OPERATOR_FAULTS } from './operator-faults.ts'
import { PARTITION_FAULTS } from './partition-faults.ts'
import { PROCESS_FAULTS } from './process-faults.ts'

/** Of the sinks themselves and what connects them. */
export const FAULTS_OF_SINKS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...NETWORK_FAULTS,
  ...LATE_FAULTS,
  ...PARTITION_FAULTS,
]

/** Of Kafka and HDFS, and of those who operate them. */
export const FAULTS_AROUND_SINKS: readonly Fault[] = [...DAEMON_FAULTS, ...OPERATOR_FAULTS]

/** Whatever `npm run torture` may strike with. */
export const ALL_FAULTS: readonly Fault[] = [
  ...FAULTS_OF_SINKS,
  ...FAULTS_AROUND_SINKS,
  ...HA_FAULTS,
]
