import { readdirSync } from 'node:fs'
import net from 'node:net'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { vi } from 'vitest'
import {
  defaultForwarderLimits,
  type ForwarderLimits,
  type ForwarderMessage,
  type ForwarderReport,
  type ForwarderResult,
  type ListenerPlan,
} from '../../../actors/forwarder/messages.ts'
import { reapForwarder, wakeForwarder } from '../../../actors/forwarder/task.ts'
import { linuxStreamSockets } from '../../../runtime/ports/sockets/linux/epoll.ts'
import { ConnectionTable } from '../../../runtime/table/connection-table.ts'
import { SLOT_COUNT } from '../../../runtime/table/layout.ts'
import type { Faults } from './forwarder-thread.ts'

export const VIP = '127.0.77.10'
/** Any address of 127/8 is there to bind to, so nodes and VIP need no privilege. */
export const nodeAddress = (index: number) => `127.0.77.${100 + index}`

export const sockets = linuxStreamSockets()

/** One forwarder's thread. */
interface RunningForwarder {
  readonly worker: Worker
  readonly reports: ForwarderReport[]
  /** Rejects when the task throws. */
  readonly result: Promise<ForwarderResult>
  send(message: ForwarderMessage): void
}

export interface Gateway {
  readonly table: ConnectionTable
  /** Port at the VIP. */
  readonly port: number
  /** Port of the proxies at the nodes. */
  readonly nodePort: number
  readonly plan: ListenerPlan
  readonly forwarders: RunningForwarder[]
  /** Starts (again) the forwarder of that index. */
  start(index: number, faults?: Faults): Promise<RunningForwarder>
  counters(): ReturnType<ConnectionTable['counters']>
  close(): Promise<void>
}

export interface GatewayOptions {
  readonly nodes?: number
  /** Where clients connect to; `VIP` unless told otherwise. */
  readonly address?: string
  readonly forwarders?: number
  readonly connectionsPerForwarder?: number
  readonly limits?: Partial<ForwarderLimits>
  readonly proxyProtocol?: ListenerPlan['proxyProtocol']
  readonly clientSpeaksFirst?: boolean
  readonly faults?: Faults
}

/** A port that is free at the VIP and at all nodes. */
export async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '0.0.0.0')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as net.AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** Forwarders on threads of their own, with a table in which node 0 owns all slots. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const forwarders = options.forwarders ?? 1
  const table = ConnectionTable.create({
    clients: 4096,
    forwarders,
    connectionsPerForwarder: options.connectionsPerForwarder ?? 256,
  })
  for (let node = 0; node < (options.nodes ?? 1); node++) {
    table.setNode(node, { address: nodeAddress(node), state: 'ok', weight: 100 })
  }
  table.setSlots(new Uint8Array(SLOT_COUNT), 1)
  const port = await freePort()
  const nodePort = await freePort()
  const plan: ListenerPlan = {
    address: options.address ?? VIP,
    port,
    originalPort: 8080,
    nodePort,
    redirectIndex: 0,
    proxyProtocol: options.proxyProtocol ?? null,
    clientSpeaksFirst: options.clientSpeaksFirst ?? false,
  }
  const running: RunningForwarder[] = []
  const limits = { ...defaultForwarderLimits, ...options.limits }
  const start = async (index: number, faults: Faults = {}) => {
    const forwarder = startThread(table, index, plan, limits, faults)
    running[index] = forwarder.running
    await forwarder.ready
    return forwarder.running
  }
  for (let index = 0; index < forwarders; index++) await start(index, options.faults)
  return {
    table,
    port,
    nodePort,
    plan,
    forwarders: running,
    start,
    counters: () => table.counters(0),
    close: async () => {
      await Promise.all(running.map((forwarder) => forwarder.worker.terminate()))
      for (let index = 0; index < forwarders; index++) reapForwarder(table, index, sockets)
    },
  }
}

function startThread(
  table: ConnectionTable,
  index: number,
  plan: ListenerPlan,
  limits: ForwarderLimits,
  faults: Faults,
) {
  const { port1, port2 }: { port1: MessagePort; port2: MessagePort } = new MessageChannel()
  const task = { index, options: { table: table.buffer, listeners: [plan], limits }, port: port2 }
  const worker = new Worker(new URL('./forwarder-thread.ts', import.meta.url), {
    workerData: { task, faults },
    transferList: [port2],
  })
  const reports: ForwarderReport[] = []
  const ready = new Promise<void>((resolve, reject) => {
    port1.on('message', (report: ForwarderReport) => {
      reports.push(report)
      if (report.type === 'listening') resolve()
    })
    worker.once('error', reject)
  })
  const result = new Promise<ForwarderResult>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  result.catch(() => {})
  const send = (message: ForwarderMessage) => {
    port1.postMessage(message)
    wakeForwarder(table, index, sockets)
  }
  worker.once('exit', () => port1.close())
  return { ready, running: { worker, reports, result, send } satisfies RunningForwarder }
}

/** A proxy at a node: a server whose connections may be half open. */
export async function startNode(index: number, port: number, serve: (socket: net.Socket) => void): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    serve(socket)
  })
  server.listen(port, nodeAddress(index))
  await new Promise((resolve) => server.once('listening', resolve))
  return server
}

export const echo = (socket: net.Socket): void => {
  socket.pipe(socket)
}

/** A client connection that may be half open. */
export async function connect(port: number, localAddress = '127.0.0.1'): Promise<net.Socket> {
  const socket = net.connect({ host: VIP, port, localAddress, allowHalfOpen: true })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.removeAllListeners('error')
  // A gateway that is closed at the end of a test resets what is left; whoever waits for something sees it missing.
  socket.on('error', () => {})
  return socket
}

/** How a connection ends that is reset at once, be it before or after this end has seen it established. */
export const endingOfNew = (port: number, host = VIP): Promise<string> => ending(net.connect({ host, port }))

/** All that comes until the other end ends. */
export async function readAll(socket: net.Socket): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of socket) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** The errno name with which a socket breaks; 'end' when it ends in order, 'close' when we destroyed it. */
export function ending(socket: net.Socket): Promise<string> {
  socket.resume()
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    socket.once('end', () => resolve('end'))
    socket.once('close', () => resolve('close'))
  })
}

export const openDescriptors = (): number => readdirSync('/proc/self/fd').length

/** Waits until what it looks at is so: a forwarder tells once in a tick, on a busy machine later. */
export const eventually = <Value>(look: () => Value | Promise<Value>, times: { interval?: number } = {}) =>
  vi.waitFor(look, { timeout: 20_000, ...times })
