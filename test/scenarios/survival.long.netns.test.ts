import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { crashEachActor } from './crashes.ts'
import { CLIENTS, type GatewayNode, Group, ORIGIN, until } from './group.ts'
import { readMetrics } from './metrics.ts'
import {
  knownAsDead,
  LongConnections,
  NewConnections,
  pinnedAreTold,
  SYN_FLOOD_RATE,
  spreadByKernel,
  startServing,
  startSynFlood,
} from './survival.ts'

const ORIGINAL_PORT = 8080
const PATIENCE_MS = 60_000
/** Between new connections, where some are begun meanwhile. */
const EVERY_MS = 50
const UNHURRIED = `forwarding: kernel
vrrp: { advertInterval: 5s }
beacons: { interval: 5s }`

/**
 * Kernel mode: 60 downloads and 60 idle connections, from 60 addresses, over three nodes. A gateway that is killed has to be back before
 * another takes its host for dead, which with the usual second takes three: too short a time for a busy machine to start in.
 */
const CASES = { 'in kernel mode': 'forwarding: kernel', 'in kernel mode, with adverts of 5 s': UNHURRIED }

function describeConnections(
  title: keyof typeof CASES,
  tests: (group: () => Group, connections: () => LongConnections) => void,
): void {
  describeInNamespaces(`connections ${title}`, { programs: ['nft'] }, (namespaces) => {
    let group: Group
    let connections: LongConnections

    beforeAll(async () => {
      group = new Group(namespaces, { priorities: [99, 89, 79], settings: CASES[title] })
      await startServing(group, PATIENCE_MS)
    }, PATIENCE_MS)
    beforeEach(async () => {
      await spreadByKernel(group)
      connections = new LongConnections(group, ORIGINAL_PORT)
      const opened = await connections.allOpen()
      expect(Object.keys(opened.nodes)).toEqual(expect.arrayContaining(['node0', 'node1']))
    })
    afterEach(() => connections.stop())
    afterAll(async () => {
      await namespaces.close()
      group.close()
    })
    tests(
      () => group,
      () => connections,
    )
  })
}

/** A gateway is back when it knows the group, and its kernel has what follows from that: until then its connections live by what it left. */
const back = (node: GatewayNode) =>
  until(
    async () => {
      const nodes = (await node.status())?.nodes ?? []
      const events = ((await node.get('/events?follow=0')) ?? []) as readonly { actor: string; to?: string }[]
      const isApplied = events.some(({ actor, to }) => actor === 'fast-path' && to === 'APPLIED')
      return isApplied && nodes.some(({ director }) => director)
    },
    PATIENCE_MS,
    `${node.name} to be back`,
  )

/** The first node leads all again, nobody else has the VIP, and what is open lives. */
async function wellAgain(group: Group, connections: LongConnections): Promise<void> {
  await group.settled(0, 3, PATIENCE_MS)
  await group.heldBy('node0', 10_000)
  await connections.allLive()
}

const RESIDENT_GROWTH_MAX_KB = 100_000

function residentKilobytes({ gateway }: GatewayNode): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${gateway!.process.pid}/status`, 'utf8'))![1])
}

/** What the director's kernel has handed on, and the clients that it remembers. */
async function kernelFigures({ socket }: GatewayNode): Promise<{ readonly packets: number; readonly pins: number }> {
  const metrics = await readMetrics(socket)
  const packets = Object.values(metrics('proxyha_kernel_packets_total', 'address'))
  return {
    packets: packets.reduce((sum, count) => sum + count, 0),
    pins: metrics('proxyha_kernel_pins', 'family').IPv4!,
  }
}

describeConnections('in kernel mode', (group, connections) => {
  it('outlive a flood of SYNs from anywhere, which is handed on, leaves no trace, and keeps no new client out', async () => {
    const { nodes } = group()
    const [director] = nodes
    // Whom the SYNs claim to come from is answered by way of the origin, who drops it.
    for (const { namespace } of nodes) namespace.ip('route', 'add', 'default', 'via', ORIGIN)
    const before = { ...(await kernelFigures(director!)), resident: nodes.map(residentKilobytes) }
    const flood = startSynFlood(group(), ORIGINAL_PORT)
    await until(
      async () => (await kernelFigures(director!)).packets > before.packets + SYN_FLOOD_RATE,
      20_000,
      'the flood at the director',
    )
    await connections().allLive()
    const meanwhile = new LongConnections(group(), ORIGINAL_PORT, CLIENTS.slice(0, 10))
    await meanwhile.allOpen()
    await meanwhile.stop()
    const { sent } = JSON.parse(await flood.nextLine()) as { sent: number }
    expect(sent).toBeGreaterThan(SYN_FLOOD_RATE)
    await connections().allLive()
    // Clients that began while slots moved are pinned by what they send later.
    expect((await kernelFigures(director!)).pins).toBeLessThanOrEqual(CLIENTS.length)
    for (const [index, node] of nodes.entries()) {
      expect(residentKilobytes(node) - before.resident[index]!).toBeLessThan(RESIDENT_GROWTH_MAX_KB)
      node.namespace.ip('route', 'del', 'default')
    }
  })

  it('outlive an ordered hand-over, and the return of the former director', async () => {
    const [former, next] = group().nodes
    expect((await former!.proxyha('failover', '-s', former!.socket)).code).toBe(0)
    await group().settled(1, 3)
    await connections().allLive()
    expect((await next!.proxyha('failover', '-s', next!.socket)).code).toBe(0)
    await group().settled(0, 3)
    await connections().allLive()
  })

  it('outlive a gateway that is stopped in order and started again, director or not', async () => {
    for (const node of [group().nodes[2]!, group().nodes[0]!]) {
      await node.stopGateway('SIGTERM')
      await connections().allLive()
      node.startGateway()
      await wellAgain(group(), connections())
    }
  }, 120_000)

  it('outlive a crash of every actor, at the director and at another node, and no new one fails', async () => {
    const newcomers = await NewConnections.start(group(), ORIGINAL_PORT, EVERY_MS, CLIENTS)
    for (const node of group().nodes.slice(0, 2)) {
      await crashEachActor(node)
      await wellAgain(group(), connections())
    }
    await newcomers.allAnswered()
    await newcomers.stop()
  }, 180_000)

  it('outlive a director that stands still until another one leads, and no new one fails', async () => {
    const [stalled] = group().nodes
    await pinnedAreTold(stalled!)
    const newcomers = await NewConnections.start(group(), ORIGINAL_PORT, EVERY_MS, CLIENTS)
    stalled!.gateway!.process.kill('SIGSTOP')
    try {
      await group().settled(1, 2, PATIENCE_MS)
      await connections().allLive()
    } finally {
      stalled!.gateway!.process.kill('SIGCONT')
    }
    await wellAgain(group(), connections())
    await newcomers.allAnswered()
    await newcomers.stop()
  }, 120_000)

  it('outlive the death of the director, and its return, but those that end on it; new ones wait', async () => {
    const [dead] = group().nodes
    dead!.setCable(false)
    // Begun while nobody leads: one that had just reached the dead node would end on it.
    const beginning = NewConnections.start(group(), ORIGINAL_PORT, EVERY_MS, CLIENTS)
    await group().settled(1, 2)
    const newcomers = await beginning
    await knownAsDead(dead!, group().nodes[1]!)
    const { lost } = await connections().check()
    expect(lost.filter(({ node }) => node !== 'node0')).toEqual([])
    // Who says something is told by the next director. Who waits hears nothing.
    expect(new Set(lost.map(({ kind, failure }) => `${kind} ${failure}`))).toEqual(
      new Set(['idle ECONNRESET', 'download silent']),
    )
    const { answered, sentAgain } = await newcomers.allAnswered()
    expect(answered).toBeGreaterThan(50)
    expect(sentAgain, 'who began while nobody led has waited').toBeGreaterThan(0)
    dead!.setCable(true)
    await group().settled(0, 3, PATIENCE_MS)
    await newcomers.allAnswered()
    await newcomers.stop()
    const returned = await connections().check()
    expect(returned.lost.filter(({ node }) => node !== 'node0')).toEqual([])
  })
})

describeConnections('in kernel mode, with adverts of 5 s', (group, connections) => {
  it('outlive a gateway that is killed and started again, director or not, and no new one fails', async () => {
    const newcomers = await NewConnections.start(group(), ORIGINAL_PORT, EVERY_MS, CLIENTS)
    for (const node of [group().nodes[2]!, group().nodes[0]!]) {
      await node.stopGateway('SIGKILL')
      await connections().allLive()
      node.startGateway()
      await back(node)
      await wellAgain(group(), connections())
    }
    await newcomers.allAnswered()
    await newcomers.stop()
  }, 120_000)
})
