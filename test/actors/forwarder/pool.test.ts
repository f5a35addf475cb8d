import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { defaultForwarderLimits, type ListenerPlan } from '../../../actors/forwarder/messages.ts'
import { ForwarderPool } from '../../../actors/forwarder/pool.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { Supervisor } from '../../../runtime/actor-system/supervision/supervisor.ts'
import { refused } from '../../../runtime/ports/result.ts'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'
import { SLOT_COUNT } from '../../../runtime/table/layout.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeNft } from '../../fakes/nft.ts'
import { SeededRandom } from '../../fakes/random.ts'
import { SimulatedPlatform } from '../../simulation/simulated-platform.ts'
import { eventually, freePort, nodeAddress, sockets, VIP } from './forwarders.ts'

/** Twice that is still less than what the watchdog of the loops lets pass: they live by the real clock. */
const DRAIN_MS = 2000
const [FIRST, SECOND] = [VIP, '127.0.77.11'] as const
/** What an elector says; the first and the second virtual router have one virtual IP each. */
const role = (is: 'director' | 'scanning', address: string = FIRST) =>
  ({
    type: 'role',
    instance: address,
    virtualIps: [address],
    role: is,
    masterAddress: null,
    masterPriority: null,
  }) as const

/** The node's own address. */
const OWN = '10.0.0.1'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** One forwarder on a thread, a node that keeps what it accepts, and a clock that only the test moves. */
async function startPool(options: { readonly captured?: boolean } = {}) {
  const [port, nodePort] = [await freePort(), await freePort()]
  const server = net.createServer((socket) => socket.on('error', () => undefined)).listen(nodePort, nodeAddress(0))
  await new Promise((resolve) => server.once('listening', resolve))
  const table = ConnectionTable.create({ clients: 4096, forwarders: 1, connectionsPerForwarder: 64 })
  table.setNode(0, { address: nodeAddress(0), state: 'ok', weight: 256 })
  table.setSlots(new Uint8Array(SLOT_COUNT), 1)
  const originalPort = options.captured ? port + 1 : port
  const listeners = [FIRST, SECOND].map((address) => ({
    address,
    port,
    originalPort,
    nodePort,
    redirectIndex: 0,
    proxyProtocol: null,
    clientSpeaksFirst: false,
  }))
  const [clock, nft, events] = [new FakeClock(), new FakeNft(), [] as string[]]
  const pool = new ForwarderPool(
    {
      table,
      count: 1,
      settings: { managementIp: OWN, listeners, limits: defaultForwarderLimits, drainMs: DRAIN_MS },
      restart: { maxRestarts: 3, windowMs: 60_000, backoffMs: { first: 1, max: 1 } },
      onLog: () => undefined,
      onEscalation: (reason) => events.push(`escalated ${reason}`),
      onInspection: (actor, { type }) => events.push(`${actor} ${type}`),
    },
    { clock, nft, sockets },
  )
  ends.push(
    () => server.close(),
    () => pool.stop(),
  )
  return { pool, table, clock, nft, events, port }
}

/** A connection through the forwarder that has reached the node; a forwarder that has just begun listens soon. */
async function connect(port: number, table: ConnectionTable, address: string = FIRST): Promise<net.Socket> {
  const before = table.activeConnections(0)
  const socket = await eventually(() => connected(port, address))
  ends.push(() => socket.destroy())
  await eventually(() => expect(table.activeConnections(0)).toBe(before + 1))
  return socket
}

function connected(port: number, address: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, address, () => resolve(socket))
    socket.once('error', reject)
  })
}

const ending = (socket: net.Socket) =>
  new Promise<string | undefined>((resolve) => socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code)))

test('connections are kept for the drain time after the VIPs have left, then reset; new ones are taken', async () => {
  const { pool, table, clock, port } = await startPool()
  await pool.start()
  const actor = pool.asActor()
  actor.receive(role('director'), 'elector')
  const socket = await connect(port, table)
  const ended = ending(socket)
  actor.receive(role('scanning'), 'elector')
  clock.advance(DRAIN_MS - 1)
  expect(table.activeConnections(0)).toBe(1)
  clock.advance(1)
  expect(await ended).toBe('ECONNRESET')
  await eventually(() => expect(table.activeConnections(0)).toBe(0))
  await connect(port, table)
})

test('VIPs that return within the drain time find their connections', async () => {
  const { pool, table, clock, port } = await startPool()
  await pool.start()
  const actor = pool.asActor()
  actor.receive(role('director'), 'elector')
  const socket = await connect(port, table)
  actor.receive(role('scanning'), 'elector')
  clock.advance(DRAIN_MS - 1)
  actor.receive(role('director'), 'elector')
  clock.advance(DRAIN_MS)
  // What the forwarder was told before, it has done once it is told to end: nothing of it was a reset.
  socket.write('still here')
  await eventually(() => expect(table.node(0)?.bytesToNode).toBe('still here'.length))
})

test('connections of a virtual IP that is about to leave are reset at once, and whoever asked hears when they are', async () => {
  const { pool, table, port } = await startPool()
  await pool.start()
  const first = await connect(port, table, FIRST)
  const second = await connect(port, table, SECOND)
  const ended = ending(first)
  await pool.asActor().control.reset([FIRST])
  expect(table.activeConnections(0)).toBe(1)
  expect(await ended).toBe('ECONNRESET')
  second.write('still here')
  await eventually(() => expect(table.node(0)?.bytesToNode).toBe('still here'.length))
})

test('what is open is reset when the node goes by another address: towards the nodes it was of the former', async () => {
  const { pool, table, port } = await startPool()
  await pool.start()
  const ended = ending(await connect(port, table, FIRST))
  const before = { managementIp: OWN, listeners: pool.listeners, limits: defaultForwarderLimits, drainMs: DRAIN_MS }
  await pool.asActor().configure!(before)
  expect(table.activeConnections(0)).toBe(1)
  await pool.asActor().configure!({ ...before, managementIp: '10.0.0.2' })
  expect(await ended).toBe('ECONNRESET')
  await connect(port, table, FIRST)
})

test('where no forwarder runs there is nothing to reset', async () => {
  const { pool } = await startPool()
  await pool.asActor().control.reset([FIRST])
})

describe('where two virtual routers are led', () => {
  /** A connection by each of the two virtual IPs, both of which this node leads. */
  async function leadingBoth() {
    const started = await startPool()
    const { pool, port, table } = started
    await pool.start()
    const actor = pool.asActor()
    for (const address of [FIRST, SECOND]) actor.receive(role('director', address), 'elector')
    const [first, second] = [await connect(port, table, FIRST), await connect(port, table, SECOND)]
    return { ...started, actor, first, second }
  }

  test('only the connections of the virtual IP that has left are reset, and counted out', async () => {
    const { actor, clock, table, pool, first, second } = await leadingBoth()
    const ended = ending(first)
    actor.receive(role('scanning', FIRST), 'elector')
    clock.advance(DRAIN_MS)
    expect(await ended).toBe('ECONNRESET')
    await eventually(() => expect(table.activeConnections(0)).toBe(1))
    second.write('still here')
    await eventually(() => expect(table.node(0)?.bytesToNode).toBe('still here'.length))
    expect(pool.status().counters).toMatchObject({ drainCut: 1, closed: 1, accepted: 2 })
  })

  test('each has a drain time of its own', async () => {
    const { actor, clock, table, first, second } = await leadingBoth()
    const [firstEnded, secondEnded] = [ending(first), ending(second)]
    actor.receive(role('scanning', FIRST), 'elector')
    clock.advance(DRAIN_MS / 2)
    actor.receive(role('scanning', SECOND), 'elector')
    actor.receive(role('director', FIRST), 'elector')
    clock.advance(DRAIN_MS / 2)
    actor.receive(role('scanning', FIRST), 'elector')
    clock.advance(DRAIN_MS / 2)
    expect(await secondEnded).toBe('ECONNRESET')
    await eventually(() => expect(table.activeConnections(0)).toBe(1))
    clock.advance(DRAIN_MS / 2)
    expect(await firstEnded).toBe('ECONNRESET')
    await eventually(() => expect(table.activeConnections(0)).toBe(0))
  })

  test('another word of an elector that leads nothing ends nothing', async () => {
    const { actor, clock, table, first } = await leadingBoth()
    actor.receive(role('scanning', '127.0.77.12'), 'elector')
    clock.advance(2 * DRAIN_MS)
    first.write('still here')
    await eventually(() => expect(table.node(0)?.bytesToNode).toBe('still here'.length))
    expect(table.activeConnections(0)).toBe(2)
  })
})

test('a forwarder whose loop does not turn for 5 s is replaced', async () => {
  const { pool, clock, events, table, port } = await startPool()
  const system = new Supervisor(new SimulatedPlatform(clock, new SeededRandom(1), undefined), {
    hooksEnabled: false,
    onLog: () => undefined,
    onEscalation: () => undefined,
    onInspection: ({ actor, type }) => events.push(`${actor} ${type}`),
  })
  ends.push(() => system.stop([], 0))
  system.attach(pool.tasks)
  await Promise.all([system.start(), pool.start()])
  // Six seconds pass on this clock before the loop, which lives by the real one, can turn again.
  for (let second = 0; second <= 6; second++) clock.advance(1000)
  expect(events).toContain('forwarder-0 stalled')
  await eventually(() => {
    clock.advance(1)
    expect(pool.tasks[0]!.describe()).toMatchObject({ state: 'running', restarts: 1 })
  })
  await connect(port, table)
})

test('a captured port is taken by nftables before the forwarders start, and given back at the stop', async () => {
  const { pool, nft, port } = await startPool({ captured: true })
  await pool.start()
  expect(nft.scripts).toHaveLength(1)
  expect(nft.scripts[0]).toContain(`tcp dport ${port + 1} notrack tcp dport set ${port}`)
  await pool.stop()
  expect(nft.scripts).toHaveLength(2)
  expect(nft.scripts[1]).not.toContain('dport')
})

test('without nftables a captured port is an error that says what to do', async () => {
  const { pool, nft, port } = await startPool({ captured: true })
  nft.refuse(refused('ENOENT', 'nft is not installed'))
  await expect(pool.start()).rejects.toMatchObject({
    code: 'ENOENT',
    message: expect.stringMatching(new RegExp(`port ${port + 1} .*nft is not installed; install nftables, or choose`)),
  })
})

describe('other listeners while it runs', () => {
  const planOf = (pool: ForwarderPool, changes: Partial<ListenerPlan>) =>
    pool.listeners.map((plan): ListenerPlan => ({ ...plan, ...changes }))
  const settingsOf = (listeners: readonly ListenerPlan[]) => ({
    managementIp: OWN,
    listeners,
    limits: defaultForwarderLimits,
    drainMs: DRAIN_MS,
  })

  test('are confirmed when they are listened on; a port is captured after that, and given back when it is no more', async () => {
    const { pool, nft, table } = await startPool()
    await pool.start()
    const actor = pool.asActor()
    const other = await freePort()
    const captured = planOf(pool, { port: other, originalPort: other + 1, redirectIndex: 1 })
    const before = pool.listeners
    await actor.configure!(settingsOf([...before, ...captured]))
    expect(nft.scripts).toEqual([expect.stringContaining(`tcp dport ${other + 1} notrack tcp dport set ${other}`)])
    const ended = ending(await connect(other, table))
    await actor.configure!(settingsOf(before))
    expect(await ended).toBe('ECONNRESET')
    expect(nft.scripts).toEqual([expect.anything(), expect.not.stringContaining('dport')])
    await expect(connected(other, FIRST)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('the same ones touch nothing', async () => {
    const { pool, nft } = await startPool({ captured: true })
    await pool.start()
    await pool.asActor().configure!(settingsOf(structuredClone(pool.listeners)))
    expect(nft.scripts).toHaveLength(1)
  })

  test('that nftables does not capture are a warning, until they are captured', async () => {
    const { pool, nft } = await startPool()
    await pool.start()
    const actor = pool.asActor()
    const before = pool.listeners
    nft.refuse(refused('EPERM', 'nft: not permitted'))
    await actor.configure!(settingsOf(planOf(pool, { originalPort: 4 })))
    expect(textsOf(pool.status().warnings)).toEqual([
      expect.stringMatching(/^redirects: port 4 .*: nft: not permitted; install/),
    ])
    nft.refuse(undefined)
    await actor.configure!(settingsOf(before))
    expect(textsOf(pool.status().warnings)).toEqual([])
  })

  test('a forwarder that does not run keeps nobody waiting, and begins with them', async () => {
    const { pool, port, table } = await startPool()
    const other = await freePort()
    await pool.asActor().configure!(settingsOf(planOf(pool, { port: other, originalPort: other })))
    await pool.start()
    await connect(other, table)
    await expect(connected(port, FIRST)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

test('a node that does not answer is told of by who leads while it is said to be well, and not beside the word that it has failed', async () => {
  const { pool, table, port } = await startPool()
  const told = () => pool.status().warnings.map(({ code, about }) => [code, about])
  // Nobody listens there.
  const silent = { address: nodeAddress(1), weight: 256 }
  table.setNode(1, { ...silent, state: 'ok' })
  table.setSlots(new Uint8Array(SLOT_COUNT).fill(1), 2)
  await pool.start()
  pool.asActor().receive(role('director'), 'elector')
  // One after the other: with a connection elsewhere the client would be pinned there.
  for (let failures = 0; failures < 3; failures++) {
    const socket = await eventually(() => connected(port, FIRST))
    await eventually(() => expect(table.activeConnections(0)).toBe(1))
    socket.destroy()
    await eventually(() => expect(table.activeConnections(0)).toBe(0))
  }
  await eventually(() => expect(told()).toEqual([['proxy-unanswering', nodeAddress(1)]]))
  pool.asActor().receive(role('scanning'), 'elector')
  expect(told(), 'it sends nobody there any more').toEqual([])
  pool.asActor().receive(role('director'), 'elector')
  expect(told()).toEqual([['proxy-unanswering', nodeAddress(1)]])
  table.setNode(1, { ...silent, state: 'failure' })
  expect(told()).toEqual([])
})
