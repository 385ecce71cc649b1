import { installBoundedCodecs } from './patches/bounded-codecs.ts'
import { installGroupFetch } from './patches/group-fetch.ts'
import { installGroupHooks } from './patches/group-hooks.ts'
import { checkVersion, loadFunction, loadKafkajs } from './patches/internals.ts'
import { installPartialAnswers } from './patches/partial-answers.ts'
import { installPatientCluster } from './patches/patient-cluster.ts'
import { installQuickLookups } from './patches/quick-lookups.ts'
import { installQuietRequestQueue } from './patches/quiet-request-queue.ts'
import { installRawBatches } from './patches/raw-batches.ts'
import { installWholeResponses } from './patches/whole-responses.ts'

/*
 * kafkajs with the parts replaced that patches/ explains, one file each. All else in this folder
 * takes kafkajs from here. Every thread loads and patches a copy of its own.
 */

checkVersion()

const kafkajs = loadKafkajs()

installRawBatches()
installPartialAnswers()
installPatientCluster()
installWholeResponses()
installGroupHooks()
installGroupFetch()
installQuickLookups()
installQuietRequestQueue()
installBoundedCodecs(kafkajs.CompressionCodecs)

export const { AssignerProtocol, Kafka, KafkaJSNonRetriableError, logLevel } = kafkajs

/** How kafkajs opens its connections when nothing else is given. */
export const defaultSocketFactory = loadFunction<() => import('kafkajs').ISocketFactory>(
  'network/socketFactory.js',
)
