import { afterAll, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { Group, until } from './group.ts'
import { LongConnections, startNamedServers } from './survival.ts'

const ORIGINAL_PORT = 8080
const PATIENCE_MS = 60_000

/**
 * Who leads changes, and with each node that joins the slots do: nobody has told anything of clients that begin meanwhile. A new
 * director waits two seconds for their nodes' word, and no longer, on a busy machine neither.
 */
describeInNamespaces('a group that forms, in kernel mode', { programs: ['nft'] }, (namespaces) => {
  const group = new Group(namespaces, { priorities: [99, 89, 79], settings: 'forwarding: kernel' })
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  it('keeps what begins as soon as a director is there', { timeout: 3 * PATIENCE_MS }, async () => {
    startNamedServers(group)
    for (const node of group.nodes) node.startGateway()
    await until(
      () => group.holders().length > 0,
      PATIENCE_MS,
      () => 'a director',
    )
    const connections = new LongConnections(group, ORIGINAL_PORT)
    // A handshake, too, may find nobody yet, or a node that has the frame too early: then it is made again.
    await connections.next()
    await group.settled(0, 3, PATIENCE_MS)
    await connections.allLive()
    await connections.stop()
  })
})
