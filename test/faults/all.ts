import { DAEMON_FAULTS } from './daemon-faults.ts'
import type { Fault } from './fault.ts'
import { HA_FAULTS } from './ha-faults.ts'
import { LATE_FAULTS } from './late-faults.ts'
import { NETWORK_FAULTS } from './network-faults.ts'
import { OPERATOR_FAULTS } from './operator-faults.ts'
import { PARTITION_FAULTS } from './partition-faults.ts'
import { PROCESS_FAULTS } from './process-faults.ts'

/** By what they happen to; each where one NameNode is enough. */
export const SINGLE_FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  'its processes': PROCESS_FAULTS,
  'single requests': NETWORK_FAULTS,
  'requests that are executed late': LATE_FAULTS,
  'its connections': PARTITION_FAULTS,
  'the servers': DAEMON_FAULTS,
  ...OPERATOR_FAULTS,
}

/** Whatever `npm run torture` may strike with. */
export const ALL_FAULTS: readonly Fault[] = [...Object.values(SINGLE_FAULTS).flat(), ...HA_FAULTS]
