import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GatewayStatus, TrafficHistory } from '../../actors/inspector/messages.ts'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, type GatewayNode, Group, START_PATIENCE_MS, until, VIP } from './group.ts'
import { spreadByKernel } from './survival.ts'

const TRANSFERS = new URL('./fixtures/transfers.ts', import.meta.url)
const PROXY = new URL('../actors/fast-path/fixtures/named-proxy.ts', import.meta.url)
const [UPLOADS, DOWNLOADS] = [100, 10]
const PATIENCE_MS = 30_000

interface Counted {
  readonly connections: number
  readonly bytesIn: number
  readonly bytesOut: number
}

const totalsIn = (status: GatewayStatus): Counted => ({
  connections: status.nodes.reduce((sum, node) => sum + (node.totalConnections ?? 0), 0),
  bytesIn: status.nodes.reduce((sum, node) => sum + (node.bytesIn ?? 0), 0),
  bytesOut: status.nodes.reduce((sum, node) => sum + (node.bytesOut ?? 0), 0),
})

/** Of all nodes, as that one knows them. */
const totalsAt = async (node: GatewayNode): Promise<Counted> =>
  totalsIn((await node.get('/status?all=1')) as GatewayStatus)

const isWithinOnePercent = (is: Counted, wanted: Counted): boolean =>
  (['connections', 'bytesIn', 'bytesOut'] as const).every(
    (figure) => Math.abs(is[figure] - wanted[figure]) <= 0.01 * wanted[figure],
  )

describe.each(['kernel', 'workers'])('what the group has counted, in %s mode', (mode) => {
  describeInNamespaces(mode, { programs: ['nft'] }, (namespaces) => {
    let group: Group
    let wanted: Counted = { connections: 0, bytesIn: 0, bytesOut: 0 }

    beforeAll(async () => {
      const settings = `forwarding: ${mode}\nvrrp: { version: 3, advertInterval: 200ms }`
      group = new Group(namespaces, { priorities: [99, 89], settings })
      for (const node of group.nodes) {
        node.proxy = node.namespace.startScript(PROXY, node.name, '3128')
        node.startGateway()
      }
      await group.settled(0, 2, 2 * START_PATIENCE_MS)
      if (mode === 'kernel') await spreadByKernel(group)
      const begun = await totalsAt(group.nodes[0]!)
      wanted = { ...begun }
    }, 3 * START_PATIENCE_MS)
    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    /** A client's own count is added to what is wanted. */
    async function transfer(): Promise<void> {
      const words = [VIP, '8080', `${UPLOADS}`, `${DOWNLOADS}`, ...CLIENTS]
      const client = group.client.startScript(TRANSFERS, ...words)
      const counted = JSON.parse((await client.nextLine())!) as Readonly<Record<string, number>>
      expect(counted.connections).toBe(UPLOADS + DOWNLOADS)
      const [bytesIn, bytesOut] =
        mode === 'kernel' ? [counted.octetsOut!, counted.octetsIn!] : [counted.sent!, counted.received!]
      wanted = {
        connections: wanted.connections + counted.connections!,
        bytesIn: wanted.bytesIn + bytesIn,
        bytesOut: wanted.bytesOut + bytesOut,
      }
    }

    /** A node says the same within one percent; where it does not, the error has both. */
    async function isCounted(at: GatewayNode): Promise<void> {
      let last: Counted | undefined
      await until(
        async () => {
          last = await totalsAt(at)
          return isWithinOnePercent(last, wanted)
        },
        PATIENCE_MS,
        () => `${at.name} to have counted ${JSON.stringify(wanted)}: ${JSON.stringify(last)}`,
      )
    }

    it('is what the client has, within one percent: at the director, and at a scanning node', async () => {
      await transfer()
      for (const node of group.nodes) await isCounted(node)
      const status = (await group.nodes[1]!.get('/status?all=1')) as GatewayStatus
      expect(status.nodes.map(({ source }) => source).toSorted()).toEqual(['beacon', 'self'])
      for (const { totalConnections, failedConnections } of status.nodes) {
        expect(totalConnections).toBeGreaterThan(0)
        expect(failedConnections).toBe(0)
      }
      // It takes what the status has every few seconds.
      await until(
        async () => {
          const history = (await group.nodes[1]!.get('/history')) as TrafficHistory
          return history.nodes.every(({ bytesOutPerS }) => bytesOutPerS.some((rate) => (rate ?? 0) > 0))
        },
        20_000,
        'rates of both nodes in the history',
      )
    }, 60_000)

    it('goes on at the next director, whose history has what was before it led', async () => {
      const next = group.nodes[1]!
      await group.nodes[0]!.stopGateway('SIGKILL')
      await group.settled(1, 1, PATIENCE_MS)
      await isCounted(next)
      const { points, nodes } = (await next.get('/history')) as TrafficHistory
      expect(points).toBeGreaterThan(3)
      expect(nodes.map(({ address }) => address)).toContain(group.nodes[0]!.address)
      await transfer()
      await isCounted(next)
    }, 90_000)
  })
})
