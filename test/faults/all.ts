import { DAEMON_FAULTS } from './daemon-faults.ts'
import type { Fault } from './fault.ts'
import { HA_FAULTS } from './ha-faults.ts'
import { LATE_FAULTS } from './late-faults.ts'
import { NETWORK_FAULTS } from './network-faults.ts'
import { OPERATOR_FAULTS } from './operator-faults.ts'
import { PARTITION_FAULTS } from './partition-faults.ts'
import { PROCESS_FAULTS } from './process-faults.ts'

/** Whatever `npm run torture` may strike with. */
export const ALL_FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...NETWORK_FAULTS,
  ...LATE_FAULTS,
  ...PARTITION_FAULTS,
  ...DAEMON_FAULTS,
  ...OPERATOR_FAULTS,
  ...HA_FAULTS,
]
