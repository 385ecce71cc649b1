/*
 * What daemons of HDFS say of themselves on their /jmx pages.
 */

/** Whether a NameNode is active: it answers and takes writes as soon as a DataNode has reported. */
export async function nameNodeIsActive(url: string): Promise<boolean> {
  return (await nameNodeStatus(url)).State === 'active'
}

/** What a NameNode says of itself: State and LastHATransitionTime among other things. */
export async function nameNodeStatus(
  url: string,
  timeoutMs?: number,
): Promise<Record<string, unknown>> {
  return await bean(url, 'Hadoop:service=NameNode,name=NameNodeStatus', timeoutMs)
}

/** Whether blocks can be written: the NameNode counts a live DataNode and is out of safe mode. */
export async function hdfsIsReady(nameNodeUrl: string): Promise<boolean> {
  const state = await bean(nameNodeUrl, 'Hadoop:service=NameNode,name=FSNamesystemState')
  return state.FSState === 'Operational' && Number(state.NumLiveDataNodes) >= 1
}

/** Whether a NameNode, active or not, knows a DataNode. A standby may be in safe mode for long. */
export async function countsDataNode(nameNodeUrl: string): Promise<boolean> {
  const state = await bean(nameNodeUrl, 'Hadoop:service=NameNode,name=FSNamesystemState')
  return Number(state.NumLiveDataNodes) >= 1
}

/** Whether this very DataNode serves: a NameNode goes on counting one that was killed. */
export async function dataNodeIsReady(
  url: string,
  nameNodeUrls: readonly string[],
  isReadyFor: (nameNodeUrl: string) => Promise<boolean> = hdfsIsReady,
): Promise<boolean> {
  // The NameNodes first: a DataNode that has not registered yet fills its log when it is asked.
  for (const nameNodeUrl of nameNodeUrls) if (!(await isReadyFor(nameNodeUrl))) return false
  const info = await bean(url, 'Hadoop:service=DataNode,name=DataNodeInfo')
  const states = String(info.BPServiceActorInfo).match(/"RUNNING"/g) ?? []
  return states.length >= nameNodeUrls.length
}

/** The first bean that fits the query; without any, an empty one. */
export async function bean(
  url: string,
  query: string,
  timeoutMs = 5_000,
): Promise<Record<string, unknown>> {
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(`${url}/jmx?qry=${query}`, { signal })
  const { beans } = (await response.json()) as { beans?: Record<string, unknown>[] }
  return beans?.[0] ?? {}
}
