import type { Fault } from './fault.ts'
import { FILE_FAULTS } from './operator-faults-files.ts'
import { GROUP_FAULTS } from './operator-faults-group.ts'
import { HDFS_FAULTS } from './operator-faults-hdfs.ts'
import { JOURNAL_FAULTS } from './operator-faults-journal.ts'
import { ROOT_FAULTS } from './operator-faults-roots.ts'
import { TOPIC_FAULTS } from './operator-faults-topic.ts'

/** What people and their programs do beside the sink, by right or by mistake. */
export const OPERATOR_FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  'its group': GROUP_FAULTS,
  'what HDFS allows': HDFS_FAULTS,
  'its files': FILE_FAULTS,
  'its root': ROOT_FAULTS,
  'its topic': TOPIC_FAULTS,
  'its journals': JOURNAL_FAULTS,
}
