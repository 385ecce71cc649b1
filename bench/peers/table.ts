import { FLUME } from './flume/flume.ts'
import { javaSink } from './java/java.ts'
import { type Peer, PeerMissingError } from './peer.ts'
import { SPARK } from './spark/spark.ts'

/** Kafka Connect is missing: see connect/README.md. */
const PEERS: readonly Peer[] = [
  javaSink('Java sink, native HDFS client', 'hdfs'),
  javaSink('Java sink, WebHDFS', 'webhdfs'),
  SPARK,
  FLUME,
]

/** Those that can be had on this machine; says why of the others. */
export async function availablePeers(say: (line: string) => void): Promise<readonly Peer[]> {
  const available: Peer[] = []
  for (const peer of PEERS) {
    try {
      await peer.prepare()
      available.push(peer)
    } catch (error) {
      if (!(error instanceof PeerMissingError)) throw error
      say(`${peer.name} is not measured: ${error.message}`)
    }
  }
  return available
}
