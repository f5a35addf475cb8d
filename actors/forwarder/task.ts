import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Clock } from '../../runtime/ports/host/clock.ts'
import type { StreamSockets } from '../../runtime/ports/sockets/epoll.ts'
import { ConnectionTable } from '../../runtime/table/connection-table.ts'
import type { ForwarderMessage, ForwarderOptions, ForwarderReport, ForwarderResult } from './messages.ts'
import { Reactor, WAKE_UP_PLACE } from './reactor.ts'

/** What the pool hands to a task. */
export interface ForwarderTask {
  /** 0..N-1: which region of the table is ours. */
  readonly index: number
  readonly options: ForwarderOptions
  readonly port: MessagePort
}

/**
 * Runs one forwarder on this thread until it is told to drain. It first puts in order what a predecessor of the same
 * index, whose thread was killed, left behind. Whatever is thrown ends the task; its connections end with it.
 */
export function runForwarder(task: ForwarderTask, sockets: StreamSockets, clock: Clock): ForwarderResult {
  const { index, options, port } = task
  const table = new ConnectionTable(options.table)
  reapForwarder(table, index, sockets)
  const reactor = new Reactor({ sockets, clock, table, forwarder: index, limits: options.limits })
  const report = () => {
    const listening: ForwarderReport = { type: 'listening', forwarder: index, ...reactor.listening }
    port.postMessage(listening)
  }
  const rested = () => {
    const resting: ForwarderReport = { type: 'resting', forwarder: index, nodes: reactor.resting }
    port.postMessage(resting)
  }
  const done = (order: number) => port.postMessage({ type: 'done', order } satisfies ForwarderReport)
  const attend = () => {
    for (let mail = receiveMessageOnPort(port); mail !== undefined; mail = receiveMessageOnPort(port)) {
      receive(mail.message as ForwarderMessage)
    }
  }
  const receive = (message: ForwarderMessage) => {
    switch (message.type) {
      case 'listeners':
        reactor.follow(message.listeners)
        report()
        done(message.order)
        return
      case 'limits':
        reactor.limit(message.limits)
        return
      case 'drain':
        reactor.drain(message.patienceMs)
        return
      case 'cut':
        reactor.cut(message.addresses)
        done(message.order)
        return
      default:
        message satisfies never
    }
  }
  try {
    reactor.follow(options.listeners)
    report()
    return reactor.run({ attend, reopened: report, rested })
  } finally {
    reactor.close()
    table.reapForwarder(index)
  }
}

/**
 * Puts in order what a forwarder left behind whose thread was killed: its counts are undone and its descriptors closed,
 * which resets its connections. Only once the thread has ended. Returns the number of descriptors.
 */
export function reapForwarder(table: ConnectionTable, index: number, sockets: StreamSockets): number {
  const left = table.reapForwarder(index)
  for (const fd of left) sockets.reset(fd)
  return left.length
}

/** Makes a forwarder look into its mailbox at once. To be called on any thread, after posting. */
export function wakeForwarder(table: ConnectionTable, index: number, sockets: StreamSockets): void {
  const held = table.descriptors(index)[WAKE_UP_PLACE]!
  if (held !== 0) sockets.wake(held - 1)
}
