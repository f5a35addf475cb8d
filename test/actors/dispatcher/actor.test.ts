import { describe, expect, it } from 'vitest'
import { startDispatcher } from '../../../actors/dispatcher/actor.ts'
import type { ClientsPart, DispatcherControl, DispatcherMessage } from '../../../actors/dispatcher/messages.ts'
import type { DispatcherPeers } from '../../../actors/dispatcher/state.ts'
import type { ActorInstance } from '../../../runtime/actor-system/actor.ts'
import { parseClientKey } from '../../../runtime/table/client-key.ts'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'
import { FakeReachProbe } from '../../fakes/reach-probe.ts'
import { RecordedContext } from '../port-monitor/recorded-context.ts'
import { memberOf } from './members.ts'
import { rulesOf } from './rules.ts'

const [A, B] = ['10.10.74.70', '10.10.74.86'] as const

const member = (address: string) => memberOf(address, { self: address === A, director: address === A })

/** Of the elector. */
const DIRECTOR = {
  type: 'role',
  instance: 'VI_51',
  virtualIps: [],
  role: 'director',
  masterAddress: A,
  masterPriority: 99,
} as const

/** A dispatcher on a real table, with a clock and a discovery that are not. */
function started(table = ConnectionTable.create({ clients: 4096, forwarders: 1, connectionsPerForwarder: 16 })) {
  const context = new RecordedContext<DispatcherPeers>()
  const { clock, sent } = context
  const options = { ...rulesOf(A, { triedPorts: [3128] }), table: table.buffer }
  const reach = new FakeReachProbe()
  const instance = startDispatcher(context, options, { reach }) as ActorInstance<DispatcherMessage>
  const control = instance.control as DispatcherControl
  const give = (message: DispatcherMessage) => instance.receive(message, 'test')
  return { table, clock, sent, instance, control, give, reach }
}

function asDirector() {
  const dispatcher = started()
  dispatcher.give(DIRECTOR)
  dispatcher.give({ type: 'membership', members: [member(A), member(B)], macs: [], assigner: A })
  return dispatcher
}

/** Opens a client's connection to wherever the table says. */
function connect(table: ConnectionTable, client: string, nowS: number): number {
  const key = parseClientKey(client)!
  const node = table.route(...key)
  table.connectionOpened(0, 3, ...key, node, nowS)
  return node
}

describe('the dispatcher', () => {
  it('writes nodes, slots and generation into the table', () => {
    const { table, control } = asDirector()
    const index = table.nodeIndexOf(B)!
    expect(table.readSlots().filter((owner) => owner === index)).toHaveLength(2048)
    expect(table.node(index)).toMatchObject({ address: B, state: 'ok', weight: 256 })
    expect(control.describe()).toMatchObject({
      generation: 2,
      nodes: [
        { address: A, weight: 256, slots: 2048 },
        { address: B, weight: 256, slots: 2048 },
      ],
      warnings: [],
    })
  })

  it('publishes to discovery, and again when that comes up', () => {
    const { sent, instance } = asDirector()
    const published = sent.filter(({ message }) => (message as DispatcherPeers['discovery']).type === 'publish')
    expect(published.at(-1)).toMatchObject({
      to: 'discovery',
      message: { type: 'publish', assignment: { generation: 2, nodes: [A, B] } },
    })
    const before = sent.length
    instance.peerUp?.('discovery')
    expect(sent.slice(before)).toMatchObject([{ message: { type: 'publish' } }, { message: { type: 'traffic' } }])
  })

  it('tells discovery what was handed on to each node, where that has changed', () => {
    const { table, sent, give } = asDirector()
    const index = table.nodeIndexOf(B)!
    table.attempted(0, index, true)
    table.attempted(0, index, false)
    table.addBytes(0, index, 10, 200)
    const before = sent.length
    for (let beat = 0; beat < 2; beat++)
      give({ type: 'membership', members: [member(A), member(B)], macs: [], assigner: A })
    const nothing = { connections: 0, failed: 0, bytesIn: 0, bytesOut: 0 }
    const counted = [
      { address: A, ...nothing },
      { address: B, connections: 1, failed: 1, bytesIn: 10, bytesOut: 200 },
    ]
    expect(sent.slice(before)).toEqual([{ to: 'discovery', message: { type: 'traffic', counted } }])
  })

  it('names the node of a client and why: its slot, or the connections that it has', () => {
    const { table, control, clock, give } = asDirector()
    const client = '10.10.74.201'
    const before = control.which(client)
    expect(before).toMatchObject({
      client,
      slot: table.slotOf(client),
      reason: 'slot',
      activeConnections: 0,
      idleS: null,
      sinceMs: 0,
    })
    connect(table, client, Math.floor(clock.nowMs() / 1000))
    expect(control.which(client)).toMatchObject({ node: before.node, reason: 'pin', activeConnections: 1, idleS: 0 })
    expect(control.clients(0, 0, 10).routes).toEqual([control.which(client)])
    give({
      type: 'membership',
      assigner: A,
      macs: [],
      members: [member(A), member(B)].map((each) =>
        each.address === before.node ? { ...each, health: 'draining' } : each,
      ),
    })
    const elsewhere = before.node === A ? B : A
    expect(control.which(client)).toMatchObject({ node: elsewhere, reason: 'slot', activeConnections: 1, idleS: 0 })
  })

  it('says how long a pin, or the owner of a slot, is what it is', () => {
    const { table, control, clock } = asDirector()
    const client = '10.10.74.201'
    clock.advance(60_000)
    expect(control.which(client)).toMatchObject({ reason: 'slot', sinceMs: 60_000 })
    connect(table, client, Math.floor(clock.nowMs() / 1000))
    clock.advance(5000)
    expect(control.which(client)).toMatchObject({ reason: 'pin', sinceMs: 5000 })
  })

  it('does not know since when, of slots that it found', () => {
    const { table } = asDirector()
    expect(started(table).control.which('10.10.74.201')).toMatchObject({ sinceMs: null })
  })

  it('says why a node has its weight, while this one decides it', () => {
    const { control, give, clock } = asDirector()
    const hot = { ...member(B), cpu: 0.95 }
    for (let second = 0; second < 5; second++) {
      give({ type: 'membership', members: [member(A), hot], macs: [], assigner: A })
      clock.advance(1000)
    }
    expect(control.describe().nodes).toMatchObject([
      { overloaded: false, slowStart: null, weightReason: 'capacity 100; nothing holds it back' },
      { overloaded: true, weight: 0, weightReason: 'capacity 100; overloaded (CPU 95 %): gets no new clients' },
    ])
    give({ type: 'membership', members: [member(A), hot], macs: [], assigner: B })
    expect(control.describe().nodes).toMatchObject([{ weightReason: null }, { overloaded: false, weightReason: null }])
  })

  it('says how quickly the proxy of another node answered, while it does and this one decides', async () => {
    const { clock, control, give, reach } = asDirector()
    const reachMs = () => control.describe().nodes.map((node) => node.reachMs)
    expect(reachMs()).toEqual([null, null])
    // The answer comes when the clock stands still again, 7 ms after the try.
    clock.advance(5007)
    await expect.poll(reachMs).toEqual([null, 7])
    reach.problems.set(`${B}:3128`, 'no answer within 1000 ms')
    clock.advance(5000)
    await expect.poll(reachMs).toEqual([null, null])
    reach.problems.clear()
    clock.advance(5000)
    await expect.poll(reachMs).toEqual([null, 7])
    give({ type: 'membership', members: [member(A), { ...member(B), health: 'stale' }], macs: [], assigner: A })
    expect(reachMs()).toEqual([null, null])
    give({ type: 'membership', members: [member(A), member(B)], macs: [], assigner: A })
    expect(reachMs()).toEqual([null, 7])
    give({ ...DIRECTOR, role: 'scanning', masterAddress: B })
    expect(reachMs()).toEqual([null, null])
  })

  it('refuses to say where a text goes that is no address', () => {
    expect(() => asDirector().control.which('jupiter')).toThrow(RangeError)
  })

  it('tells clients in parts that are small, and all of them once', () => {
    const { table, control } = started(
      ConnectionTable.create({ clients: 65_536, forwarders: 1, connectionsPerForwarder: 16 }),
    )
    const known = Array.from({ length: 4000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`)
    for (const client of known) {
      connect(table, client, 0)
      table.connectionClosed(0, 3, 0)
    }
    const told: string[] = []
    const sizes: number[] = []
    for (let from: number | null = 0; from !== null; ) {
      const part: ClientsPart = control.clients(from, 0, 65_536)
      told.push(...part.routes.map(({ client }) => client))
      sizes.push(part.routes.length)
      from = part.next
    }
    expect(Math.max(...sizes)).toBe(512)
    expect(told.toSorted()).toEqual(known.toSorted())
    const first = control.clients(0, 0, 0)
    expect(first.routes).toEqual([])
    expect(first.seen).toBeGreaterThan(512)
    expect(control.clients(0, first.seen - 10, 65_536)).toMatchObject({ routes: { length: 10 }, seen: first.seen })
  })

  it('forgets clients that have been idle for as long as its rules say', () => {
    const { table, control, clock } = asDirector()
    connect(table, '10.10.74.201', 0)
    table.connectionClosed(0, 3, 0)
    clock.advance(590_000)
    expect(control.clients(0, 0, 10).routes).toHaveLength(1)
    clock.advance(20_000)
    expect(control.clients(0, 0, 10).routes).toEqual([])
  })

  it('takes the table over as it is when it starts again', () => {
    const { table } = asDirector()
    const slots = table.readSlots()
    const again = started(table)
    again.give(DIRECTOR)
    again.give({ type: 'membership', members: [member(A)], macs: [], assigner: A })
    expect(table.readSlots()).toEqual(slots)
    expect(again.control.describe().generation).toBe(2)
  })
})
