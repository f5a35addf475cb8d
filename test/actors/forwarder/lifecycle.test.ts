import { once } from 'node:events'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { ForwarderReport, ListenerPlan } from '../../../actors/forwarder/messages.ts'
import { reapForwarder } from '../../../actors/forwarder/task.ts'
import { allClients } from '../../runtime/table/all-clients.ts'
import {
  connect,
  echo,
  ending,
  eventually,
  freePort,
  type Gateway,
  nodeAddress,
  openDescriptors,
  sockets,
  startGateway,
  startNode,
  VIP,
} from './forwarders.ts'

/** Place of the first listener among a forwarder's descriptors: after epoll and wake-up. */
const FIRST_LISTENER = 2

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close()
})

async function gatewayWith(options?: Parameters<typeof startGateway>[0]): Promise<Gateway> {
  const gateway = await startGateway(options)
  opened.push(gateway, await startNode(0, gateway.nodePort, echo))
  return gateway
}

async function echoes(client: net.Socket, text: string): Promise<void> {
  client.write(text)
  expect(String((await once(client, 'data'))[0])).toBe(text)
}

describe('draining', () => {
  it('accepts no more, lets what there is finish, and ends', async () => {
    const gateway = await gatewayWith()
    const client = await connect(gateway.port)
    await echoes(client, 'before')
    gateway.forwarders[0]!.send({ type: 'drain', patienceMs: 20_000 })
    await eventually(() => expect(gateway.table.descriptors(0)[FIRST_LISTENER]).toBe(0))
    await expect(connect(gateway.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await echoes(client, 'meanwhile')
    client.end()
    expect(await gateway.forwarders[0]!.result).toEqual({ cut: 0 })
  })

  it('resets what has not finished when the patience is over', async () => {
    const gateway = await gatewayWith()
    const client = await connect(gateway.port)
    await echoes(client, 'before')
    const broken = ending(client)
    gateway.forwarders[0]!.send({ type: 'drain', patienceMs: 300 })
    expect(await broken).toBe('ECONNRESET')
    expect(await gateway.forwarders[0]!.result).toEqual({ cut: 1 })
    expect(gateway.counters().drainCut).toBe(1)
    expect(gateway.table.activeConnections(0)).toBe(0)
  })
})

describe('a node whose connections are to be reset', () => {
  it('loses those, with a reset for the client; the others go on, and who asks next is served elsewhere', async () => {
    const gateway = await gatewayWith({ nodes: 2 })
    opened.push(await startNode(1, gateway.nodePort, echo))
    const there = await connect(gateway.port, '127.0.2.1')
    await echoes(there, 'at the first')
    gateway.table.setNode(0, { address: nodeAddress(0), state: 'draining', weight: 0 })
    const elsewhere = await connect(gateway.port, '127.0.2.1')
    await echoes(elsewhere, 'at the second')
    await echoes(there, 'still there')
    const broken = ending(there)
    gateway.table.setNode(0, { address: nodeAddress(0), state: 'draining', weight: 0, resets: true })
    expect(await broken).toBe('ECONNRESET')
    expect(gateway.counters()).toMatchObject({ nodeResets: 1, drainCut: 0 })
    await echoes(elsewhere, 'goes on')
    expect([gateway.table.activeConnections(0), gateway.table.activeConnections(1)]).toEqual([0, 1])
    elsewhere.destroy()
  })
})

describe('another plan', () => {
  const reportsOf = ({ reports }: { readonly reports: readonly ForwarderReport[] }) =>
    reports.filter(({ type }) => type === 'listening')
  /** Resolves when the forwarder says that it goes by them. */
  async function follow({ forwarders: [forwarder] }: Gateway, listeners: readonly ListenerPlan[], order = 1) {
    forwarder!.send({ type: 'listeners', listeners, order })
    await eventually(() => expect(forwarder!.reports).toContainEqual({ type: 'done', order }))
  }

  it('opens and closes listeners; connections of a closed one live on where their original port is in it', async () => {
    const gateway = await gatewayWith()
    const client = await connect(gateway.port)
    await echoes(client, 'before')
    const port = await freePort()
    await follow(gateway, [{ ...gateway.plan, port }])
    expect(reportsOf(gateway.forwarders[0]!)[1]).toEqual({ type: 'listening', forwarder: 0, open: 1, problems: [] })
    await expect(connect(gateway.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    const other = await connect(port)
    await echoes(other, 'new')
    await echoes(client, 'old')
    for (const socket of [client, other]) socket.destroy()
  })

  it('without an original port: what came in by it is reset at once, other connections live on, and new ones are refused', async () => {
    const gateway = await gatewayWith()
    const port = await freePort()
    const other: ListenerPlan = { ...gateway.plan, port, originalPort: 9090, redirectIndex: 1 }
    await follow(gateway, [gateway.plan, other])
    const [kept, gone] = [await connect(gateway.port), await connect(port)]
    await echoes(kept, 'before')
    await echoes(gone, 'before')
    const broken = ending(gone)
    await follow(gateway, [gateway.plan], 2)
    expect(await broken).toBe('ECONNRESET')
    await expect(connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await echoes(kept, 'after')
    kept.destroy()
  })

  it('with another proxy port: what is open goes on where it is, what waits to be taken and all that is new goes to the other', async () => {
    const gateway = await gatewayWith()
    const nodePort = await freePort()
    opened.push(await startNode(0, nodePort, (socket) => socket.end('the other')))
    const client = await connect(gateway.port)
    await echoes(client, 'before')
    await follow(gateway, [{ ...gateway.plan, nodePort, redirectIndex: 1 }])
    const [said] = await once(await connect(gateway.port), 'data')
    expect(`${said}`).toBe('the other')
    await echoes(client, 'after')
    client.destroy()
  })

  it('that only numbers the redirects otherwise loses nobody who is just connecting', async () => {
    const gateway = await gatewayWith()
    const connecting = Array.from({ length: 50 }, () => connect(gateway.port))
    for (let order = 1; order <= 10; order++)
      await follow(gateway, [{ ...gateway.plan, redirectIndex: order % 2 }], order)
    for (const client of await Promise.all(connecting)) {
      await echoes(client, 'served')
      client.destroy()
    }
  })

  it('with a port that is taken is reported, and followed once the port is free', async () => {
    const gateway = await gatewayWith()
    const squatter = net.createServer().listen(0, VIP)
    await once(squatter, 'listening')
    const { port } = squatter.address() as net.AddressInfo
    const forwarder = gateway.forwarders[0]!
    forwarder.send({ type: 'listeners', listeners: [gateway.plan, { ...gateway.plan, port }], order: 1 })
    await eventually(() => expect(reportsOf(forwarder)).toHaveLength(2))
    expect(reportsOf(forwarder)[1]).toMatchObject({ open: 1, problems: [`${VIP}:${port}: EADDRINUSE`] })
    squatter.close()
    await eventually(() => expect(reportsOf(forwarder)).toHaveLength(3))
    expect(reportsOf(forwarder)[2]).toMatchObject({ open: 2, problems: [] })
  })
})

describe('a forwarder that dies', () => {
  it('by an exception closes its connections and takes its counts along', async () => {
    const gateway = await startGateway({ faults: { crashOnRead: true } })
    opened.push(gateway, await startNode(0, gateway.nodePort, echo))
    // It may be reset before this end has seen it established: a forwarder reads at once, whether or not something is there.
    const client = net.connect({ host: VIP, port: gateway.port })
    const broken = ending(client)
    client.write('x')
    await expect(gateway.forwarders[0]!.result).rejects.toThrow('crash on purpose')
    expect(await broken).toBe('ECONNRESET')
    expect(gateway.table.activeConnections(0)).toBe(0)
    expect(gateway.table.find('127.0.0.1')?.activeConnections).toBe(0)
    expect(gateway.table.descriptors(0).every((held) => held === 0)).toBe(true)
  })

  it('by being killed is reaped: counts undone, descriptors closed, clients told', async () => {
    const gateway = await gatewayWith({ forwarders: 2 })
    const clients = await Promise.all(Array.from({ length: 40 }, (_, n) => connect(gateway.port, `127.0.2.${n + 1}`)))
    await Promise.all(clients.map((client) => echoes(client, 'before')))
    const before = openDescriptors()
    const lost = gateway.table.counters(1).accepted
    expect(lost).toBeGreaterThan(0)
    const endings = clients.map((client) => ending(client))
    await gateway.forwarders[1]!.worker.terminate()
    expect(gateway.table.activeConnections(0)).toBe(40)
    // Two per connection; epoll, wake-up and listener.
    expect(reapForwarder(gateway.table, 1, sockets)).toBe(lost * 2 + 3)
    expect(gateway.table.activeConnections(0)).toBe(40 - lost)
    // Our own ends of those connections, and the thread's, close a moment later.
    await eventually(() => expect(openDescriptors()).toBeLessThanOrEqual(before - lost * 2 - 3))
    await gateway.start(1)
    const fresh = await Promise.all(Array.from({ length: 20 }, () => connect(gateway.port)))
    await Promise.all(fresh.map((client) => echoes(client, 'after')))
    for (const client of [...clients, ...fresh]) client.destroy()
    await Promise.all(endings)
    await eventually(() => expect(gateway.table.activeConnections(0)).toBe(0))
  })

  it('is put in order by its successor when nobody else did', async () => {
    const gateway = await gatewayWith()
    const client = await connect(gateway.port)
    await echoes(client, 'before')
    const broken = ending(client)
    await gateway.forwarders[0]!.worker.terminate()
    await gateway.start(0)
    expect(await broken).not.toBe('')
    expect(gateway.table.activeConnections(0)).toBe(0)
    const next = await connect(gateway.port)
    await echoes(next, 'after')
    next.destroy()
  })
})

describe('10,000 short connections', () => {
  it('leave all counts at 0 and no descriptor open', async () => {
    const gateway = await startGateway({ forwarders: 2 })
    opened.push(gateway, await startNode(0, gateway.nodePort, (socket) => socket.end('bye').resume()))
    const before = openDescriptors()
    const one = async (n: number) => {
      const client = net.connect({ host: VIP, port: gateway.port, localAddress: `127.0.3.${1 + (n % 200)}` })
      client.resume()
      // Every third breaks off, at whatever moment that is.
      if (n % 3 === 0) client.once('connect', () => client.resetAndDestroy())
      client.on('error', () => {})
      await new Promise((resolve) => client.once('close', resolve))
    }
    for (let n = 0; n < 10_000; n += 100) await Promise.all(Array.from({ length: 100 }, (_, k) => one(n + k)))
    await eventually(() => expect(gateway.table.activeConnections(0)).toBe(0))
    const counters = [0, 1].map((index) => gateway.table.counters(index))
    const total = (name: 'accepted' | 'closed') => counters[0]![name] + counters[1]![name]
    expect(total('accepted')).toBeGreaterThan(9000)
    expect(total('closed')).toBe(total('accepted'))
    expect(allClients(gateway.table).every((entry) => entry.activeConnections === 0)).toBe(true)
    await eventually(() => expect(openDescriptors()).toBeLessThanOrEqual(before))
  })
})
