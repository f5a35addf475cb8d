import { afterAll, beforeAll, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, Group } from './group.ts'
import { knownAsDead, LongConnections, NewConnections, spreadByKernel, startServing } from './survival.ts'

const ORIGINAL_PORT = 8080
const PATIENCE_MS = 60_000
const EVERY_MS = 4
const RETURNS = 5

/** A host that was dead leads again while clients begin connections, many a moment, and others have some open. */
describeInNamespaces('the return of a dead director in kernel mode', { programs: ['nft'] }, (namespaces) => {
  let group: Group

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89, 79], settings: 'forwarding: kernel' })
    await startServing(group, PATIENCE_MS)
  }, PATIENCE_MS)
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  it(
    `fails no new connection, ${RETURNS} times`,
    async () => {
      const [first, second] = group.nodes
      for (let count = 0; count < RETURNS; count++) {
        await spreadByKernel(group)
        const connections = new LongConnections(group, ORIGINAL_PORT)
        await connections.allOpen()
        first!.setCable(false)
        await group.settled(1, 2)
        await knownAsDead(first!, second!)
        const newcomers = await NewConnections.start(group, ORIGINAL_PORT, EVERY_MS, CLIENTS)
        first!.setCable(true)
        await group.settled(0, 3, PATIENCE_MS)
        await newcomers.allAnswered()
        await newcomers.stop()
        await connections.stop()
      }
    },
    RETURNS * 60_000,
  )
})
