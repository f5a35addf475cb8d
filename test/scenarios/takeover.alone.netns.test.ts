import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, until, VIP } from './group.ts'
import { NewConnections, startServing } from './survival.ts'

const ORIGINAL_PORT = 8080
const PATIENCE_MS = 60_000
const EVERY_MS = 4
const SOURCES = CLIENTS.slice(0, 12)

/** Three gateways in kernel mode, and a client that opens a connection every 4 ms, from twelve addresses in turn. */
describeInNamespaces(
  'no SYN is lost in kernel mode where a director hands over in order, or its kernel goes on',
  { programs: ['nft'] },
  (namespaces) => {
    let group: Group
    let newcomers: NewConnections

    beforeAll(async () => {
      group = new Group(namespaces, { priorities: [99, 89, 79], settings: 'forwarding: kernel' })
      await startServing(group, PATIENCE_MS)
      newcomers = await NewConnections.start(group, ORIGINAL_PORT, EVERY_MS, SOURCES)
      await newcomers.sofar()
    }, 2 * PATIENCE_MS)
    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    async function nothingLost(): Promise<void> {
      const { answered, longestConnectMs, sentAgain } = await newcomers.allAnswered()
      expect({ sentAgain, longestConnectMs }).toMatchObject({ sentAgain: 0 })
      expect(answered).toBeGreaterThan(50)
    }

    const ordered = async (node: GatewayNode) =>
      expect(await node.proxyha('failover', '-s', node.socket)).toMatchObject({ code: 0 })

    /** The clients' kernel knows that node's MAC by now: what it sends has moved. */
    const clientsAt = (node: GatewayNode) =>
      until(
        () => group.client.ip('neigh', 'show', VIP).includes(node.mac()),
        20_000,
        () => `clients at ${node.name}: ${group.client.ip('neigh', 'show', VIP)}`,
      )

    it('ordered, and ordered back', async () => {
      const [first, second] = group.nodes
      for (const [from, to] of [
        [first!, second!],
        [second!, first!],
        [first!, second!],
        [second!, first!],
      ] as const) {
        await ordered(from)
        await clientsAt(to)
        await nothingLost()
      }
    }, 120_000)

    it('nor at an ordered stop, and when who was stopped is back, director or not', async () => {
      const [first, , third] = group.nodes
      for (const [node, next] of [
        [third!, first!],
        [first!, group.nodes[1]!],
      ] as const) {
        await node.stopGateway('SIGTERM')
        await clientsAt(next)
        await nothingLost()
        node.startGateway()
        await group.settled(0, 3, PATIENCE_MS)
        await clientsAt(first!)
        await nothingLost()
      }
    }, 180_000)

    it.each([
      ['and stays dead', false],
      ['and is started at once', true],
    ])(
      "nor when a director's gateway dies %s: its kernel goes on until the next one's has the rules",
      async (_, isBackAtOnce) => {
        const [first, second] = group.nodes
        await first!.stopGateway('SIGKILL')
        if (isBackAtOnce) first!.startGateway()
        await clientsAt(second!)
        await nothingLost()
        if (!isBackAtOnce) first!.startGateway()
        await group.settled(0, 3, PATIENCE_MS)
        await clientsAt(first!)
        await nothingLost()
      },
      180_000,
    )
  },
)
