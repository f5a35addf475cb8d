import net from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { defaultForwarderLimits } from '../../../actors/forwarder/messages.ts'
import { ForwarderPool } from '../../../actors/forwarder/pool.ts'
import { FakeClock } from '../../../runtime/ports/fake/clock.ts'
import { FakeNft } from '../../../runtime/ports/fake/nft.ts'
import { refused } from '../../../runtime/ports/result.ts'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'
import { SLOT_COUNT } from '../../../runtime/table/layout.ts'
import { freePort, nodeAddress, sockets, VIP } from './forwarders.ts'

/** Twice that is still less than what the watchdog of the loops lets pass: they live by the real clock. */
const DRAIN_MS = 2000
const role = (is: 'director' | 'scanning') =>
  ({ type: 'role', instance: 'VI_51', virtualIps: [VIP], role: is, masterAddress: null, masterPriority: null }) as const

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
  const listener = {
    address: VIP,
    port,
    originalPort,
    nodePort,
    redirectIndex: 0,
    proxyProtocol: null,
    clientSpeaksFirst: false,
  }
  const [clock, nft, events] = [new FakeClock(), new FakeNft(), [] as string[]]
  const pool = new ForwarderPool(
    {
      table,
      count: 1,
      listeners: [listener],
      limits: defaultForwarderLimits,
      drainMs: DRAIN_MS,
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

const PATIENCE = { timeout: 10_000 }

/** A connection through the forwarder that has reached the node; a forwarder that has just begun listens soon. */
async function connect(port: number, table: ConnectionTable): Promise<net.Socket> {
  const socket = await vi.waitFor(() => connected(port), PATIENCE)
  ends.push(() => socket.destroy())
  await vi.waitFor(() => expect(table.activeConnections(0)).toBe(1), PATIENCE)
  return socket
}

function connected(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, VIP, () => resolve(socket))
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
  await vi.waitFor(() => expect(table.activeConnections(0)).toBe(0), PATIENCE)
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
  await vi.waitFor(() => expect(table.node(0)?.bytesToNode).toBe('still here'.length), PATIENCE)
})

test('a forwarder whose loop does not turn for 5 s is replaced', async () => {
  const { pool, clock, events, table, port } = await startPool()
  await pool.start()
  // Six seconds pass on this clock before the loop, which lives by the real one, can turn again.
  for (let second = 0; second <= 6; second++) clock.advance(1000)
  expect(events).toContain('forwarder-0 stalled')
  await vi.waitFor(() => {
    clock.advance(1)
    expect(pool.describe()[0]).toMatchObject({ state: 'running', restarts: 1 })
  }, PATIENCE)
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
