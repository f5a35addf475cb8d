import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listeningProxy } from '../../runtime/lab/testbed/listening-proxy.ts'
import { describeInNamespaces } from '../namespaces.ts'
import { type GatewayNode, Group, until } from './group.ts'
import { type Metrics, readMetrics } from './metrics.ts'

const SEED = 20_260_401
const PACKETS = 100_000
/** Clock ticks a second, as /proc counts CPU time on every Linux. */
const TICKS_PER_S = 100
const LOOKS = 5

/** What is known, sent, or said of a beacon that is counted as received already, ends so. */
const NO_PACKETS = /(Sent|Known|Heard|Director)$/

const sumOf = (counters: Readonly<Record<string, number>>, counts: (name: string) => boolean): number =>
  Object.entries(counters).reduce((sum, [name, count]) => sum + (counts(name) ? count : 0), 0)

const vrrpEvents = (metrics: Metrics) => metrics('proxyha_vrrp_events_total', 'event')

/** Of one protocol, by outcome. */
const packets = (metrics: Metrics, protocol: 112 | 253) =>
  metrics('proxyha_packets_total', 'outcome', `protocol="${protocol}"`)

interface Missing {
  readonly adverts: number
  readonly beacons: number
}

/** Of the packets that were received those that are missing: neither looked at by their actor, nor dropped by the rate or a full mailbox. */
function missing(metrics: Metrics): Missing {
  const [adverts, beacons] = [packets(metrics, 112), packets(metrics, 253)]
  const ofElector = (name: string) => name === 'advertsReceived' || name.startsWith('discarded.')
  const overflows = metrics('proxyha_actor_mailbox_overflows_total', 'actor')
  const isOfPacket = (name: string) => !NO_PACKETS.test(name)
  const beaconEvents = metrics('proxyha_beacon_events_total', 'event')
  return {
    adverts: adverts.received! - adverts.dropped! - sumOf(vrrpEvents(metrics), ofElector) - overflows.elector!,
    beacons: beacons.received! - beacons.dropped! - sumOf(beaconEvents, isOfPacket) - overflows.discovery!,
  }
}

/**
 * The same while real packets come by. Each actor says in its own time what it has counted, so that a packet may be between two counters: what
 * most looks say, of those at which more had been received than at the one before.
 */
async function missingAtRest(node: GatewayNode): Promise<Missing> {
  const looks: Missing[] = []
  let receivedBefore = -1
  const haveCome = async () => {
    const metrics = await readMetrics(node.socket)
    const received = packets(metrics, 112).received! + packets(metrics, 253).received!
    if (received !== receivedBefore) looks.push(missing(metrics))
    receivedBefore = received
    return looks.length === LOOKS
  }
  await until(haveCome, 40_000, `${LOOKS} looks at ${node.name}, with packets between them`)
  return {
    adverts: mostFrequent(looks.map(({ adverts }) => adverts)),
    beacons: mostFrequent(looks.map(({ beacons }) => beacons)),
  }
}

function mostFrequent(values: readonly number[]): number {
  const [most] = Array.from(Map.groupBy(values, (value) => value).values()).toSorted(
    (one, other) => other.length - one.length,
  )
  return most![0]!
}

/** CPU time that the process has used, s. */
function cpuSeconds(node: GatewayNode): number {
  const fields = readFileSync(`/proc/${node.gateway!.process.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S
}

/** In shares of a core, over half a second. */
async function cpuLoad(node: GatewayNode): Promise<number> {
  const [before, beganAtMs] = [cpuSeconds(node), performance.now()]
  await pause(500)
  return (1000 * (cpuSeconds(node) - before)) / (performance.now() - beganAtMs)
}

interface Observation {
  readonly metrics: Metrics
  readonly transitions: number
  readonly lines: number
}

/** A director and a backup, adverts every 100 ms, and somebody who sends garbage as fast as it can. */
describeInNamespaces(`a flood of ${PACKETS} packets, seed ${SEED}`, {}, (namespaces) => {
  let group: Group
  const lines = new Map<GatewayNode, string[]>()
  let idleLoad = 0
  let before: Observation[] = []
  let missingBefore: Missing[] = []

  const observed = (): Promise<Observation[]> =>
    Promise.all(
      group.nodes.map(async (node) => ({
        metrics: await readMetrics(node.socket),
        transitions: (await node.status())!.vrrp.transitions,
        lines: lines.get(node)!.length,
      })),
    )

  beforeAll(async () => {
    const settings = 'vrrp: { version: 3, advertInterval: 100ms }\nforwarders: { count: 1 }'
    group = new Group(namespaces, { priorities: [99, 89], settings })
    for (const node of group.nodes) {
      // A gateway whose proxy comes later begins as one that has failed.
      await node.namespace.start(process.execPath, ['-e', listeningProxy(3128)]).nextLine()
      node.startGateway()
      const said: string[] = []
      lines.set(node, said)
      node.gateway!.process.stdout!.on('data', (text) => said.push(...String(text).split('\n').filter(Boolean)))
    }
    await group.settled(0, 2)
    const script = new URL('./fixtures/flood.ts', import.meta.url)
    const flood = group.origin.startScript(script, `${SEED}`, `${PACKETS}`)
    expect(JSON.parse(await flood.nextLine())).toEqual({ ready: true })
    idleLoad = Math.max(...(await Promise.all(group.nodes.map(cpuLoad))))
    before = await observed()
    missingBefore = await Promise.all(group.nodes.map(missingAtRest))
    flood.process.stdin!.write('\n')
    const { sent } = JSON.parse(await flood.nextLine())
    expect(sent).toEqual({ 112: PACKETS / 2, 253: PACKETS / 2 })
  })
  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  test('what has arrived is read: none of it waits any longer, and what the kernel dropped can be told', async () => {
    const backup = group.nodes[1]!
    for (const protocol of [112, 253] as const) {
      let counted: Readonly<Record<string, number>> = {}
      await until(
        async () => {
          counted = packets(await readMetrics(backup.socket), protocol)
          return counted.received! + counted.overflowed! >= PACKETS / 2
        },
        20_000,
        () => `${PACKETS / 2} packets of protocol ${protocol} accounted for: ${JSON.stringify(counted)}`,
      )
    }
  })

  test('no false failover: the director is the one it was, nothing crashed, no partner was taken for dead', async () => {
    expect(group.holders()).toEqual(['node0'])
    const after = await observed()
    expect(after.map(({ transitions }) => transitions)).toEqual(before.map(({ transitions }) => transitions))
    for (const node of group.nodes) {
      expect(node.gateway!.process.exitCode).toBeNull()
      const restarts = (await readMetrics(node.socket))('proxyha_actor_restarts_total', 'actor')
      expect(sumOf(restarts, () => true)).toBe(0)
      expect(lines.get(node)!.filter((line) => line.includes('Scanning partner has failed'))).toEqual([])
    }
    const heard = ([, backup]: Observation[]) => vrrpEvents(backup!.metrics).advertsReceived
    expect(heard(after)).toBeGreaterThan(heard(before)!)
    expect((await group.nodes[1]!.status())!.vrrp.masterIp).toBe(group.nodes[0]!.address)
  })

  test('the counters add up: each packet was accepted, discarded for a reason, or dropped by the rate', async () => {
    for (const [index, node] of group.nodes.entries()) {
      // Those that came before their actor was up are missing from the start.
      const atFirst = missingBefore[index]!
      let now = atFirst
      // More arrive while the page is written: what holds between two arrivals is waited for.
      await until(
        async () => {
          now = missing(await readMetrics(node.socket))
          return now.adverts === atFirst.adverts && now.beacons === atFirst.beacons
        },
        10_000,
        () => `${node.name} to miss ${JSON.stringify(atFirst)} as before: ${JSON.stringify(now)}`,
      )
    }
    const { dropped, received } = packets(await readMetrics(group.nodes[1]!.socket), 112)
    expect(dropped).toBeGreaterThan(0)
    expect(dropped).toBeLessThan(received!)
  })

  test('the log is bounded, and the CPU falls back', async () => {
    const after = await observed()
    for (const [index, { lines: count }] of after.entries()) expect(count - before[index]!.lines).toBeLessThan(100)
    for (const node of group.nodes) {
      let load = 0
      await until(
        async () => {
          load = await cpuLoad(node)
          return load < 2 * idleLoad + 0.1
        },
        20_000,
        () => `${node.name} idle as before (${idleLoad} of a core), it uses ${load}`,
      )
    }
  })
})
