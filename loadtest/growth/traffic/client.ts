/**
 * client.ts: any number of clients on one host. One loop over epoll, as a stream for each connection would cost more than what serves them. It
 * gets a `ClientOrder` at a time, and sends a `ClientAnswer`.
 */
import { monotonicMs } from '../../../runtime/lab/traffic.ts'
import { EDGE_TRIGGERED, ERROR, HANGUP, PEER_CLOSED, READABLE, WRITABLE } from '../../../runtime/ports/sockets/epoll.ts'
import { linuxStreamSockets } from '../../../runtime/ports/sockets/linux/epoll.ts'
import { formatIpv4 } from '../../../runtime/wire/addresses.ts'
import { connectFrom, socketAddress } from '../../group/client-sockets.ts'
import { sourceWord } from '../network.ts'
import type { ClientAnswer, ClientOrder, OpenOrder, ProbeOrder } from './messages.ts'

/** Connections under way at a time: enough to keep everybody at work, few enough for any backlog. */
const UNDER_WAY_MAX = 100
/** Longer than what SYNs sent again take. */
const PATIENCE_MS = 10_000
const PROBE_EVERY_MS = 4
const ANSWER_BYTES = 64

interface Attempt {
  readonly source: number
  readonly beganMs: number
  readonly hold: boolean
  isAsked: boolean
}

const sockets = linuxStreamSockets()
const queue = sockets.createQueue()
const buffer = sockets.allocate(ANSWER_BYTES)
const question = sockets.allocate(6)
question.bytes.set(Buffer.from('hello\n'))
/** By descriptor, the oldest first. */
const underWay = new Map<number, Attempt>()
const held = new Set<number>()

let open: (OpenOrder & { begun: number; answered: number; failed: number; readonly beganMs: number }) | undefined
let probe: (ProbeOrder & { dueMs: number; turn: number }) | undefined
let target = socketAddress('127.0.0.1', 1)

const tell = (answer: ClientAnswer): void => void process.send?.(answer)

function begin(source: number, hold: boolean): void {
  const fd = connectFrom(socketAddress(formatIpv4(sourceWord(source)), 0), target)
  if (fd < 0) {
    if (open !== undefined) open.failed++
    return
  }
  underWay.set(fd, { source, beganMs: monotonicMs(), hold, isAsked: false })
  sockets.watch(queue, fd, READABLE | WRITABLE | PEER_CLOSED | EDGE_TRIGGERED, fd, 0)
}

function proceed(fd: number, events: number): void {
  const attempt = underWay.get(fd)
  if (attempt === undefined) {
    // One that was held has ended.
    if ((events & (ERROR | HANGUP | PEER_CLOSED)) !== 0 && held.delete(fd)) sockets.close(fd)
    return
  }
  if ((events & (ERROR | HANGUP)) !== 0) {
    end(fd, false)
    return
  }
  if (!attempt.isAsked) {
    attempt.isAsked = true
    sockets.send(fd, question, 0, question.bytes.length, false)
  }
  if ((events & READABLE) === 0) return
  const count = sockets.recv(fd, buffer, ANSWER_BYTES)
  if (count !== -11) end(fd, count > 0, attempt)
}

function end(fd: number, isAnswered: boolean, attempt?: Attempt): void {
  underWay.delete(fd)
  if (isAnswered && attempt?.hold === true) held.add(fd)
  else sockets.close(fd)
  if (open !== undefined) {
    if (isAnswered) open.answered++
    else open.failed++
  }
  if (probe !== undefined && isAnswered && attempt !== undefined && counts(probe)) {
    tell({ type: 'probed', answeredMs: monotonicMs(), source: attempt.source })
    probe = undefined
    dropAll()
  }
}

/** Of the answer that is in the buffer. */
function counts({ by, notBy }: ProbeOrder): boolean {
  const node = Buffer.from(buffer.bytes).toString().split('\n')[0]
  return (by === null || node === by) && node !== notBy
}

/** What a probe has left under way is nobody's any more. */
function dropAll(): void {
  for (const fd of underWay.keys()) sockets.reset(fd)
  underWay.clear()
}

function goOn(nowMs: number): void {
  for (const [fd, { beganMs }] of underWay) {
    if (beganMs + PATIENCE_MS > nowMs) break
    end(fd, false)
  }
  if (open !== undefined) {
    while (open.begun < open.count && underWay.size < UNDER_WAY_MAX)
      begin(open.first + (open.begun++ % open.sources), open.hold)
    if (open.begun === open.count && underWay.size === 0) {
      const { answered, failed, beganMs } = open
      open = undefined
      tell({ type: 'opened', answered, failed, tookMs: monotonicMs() - beganMs })
    }
  }
  if (probe !== undefined && nowMs >= probe.dueMs) {
    probe.dueMs = nowMs + PROBE_EVERY_MS
    begin(probe.first + (probe.turn++ % probe.sources), false)
  }
}

function turn(): void {
  const isBusy = open !== undefined || probe !== undefined
  const count = sockets.wait(queue, isBusy ? 1 : 0)
  for (let index = 0; index < count; index++) proceed(sockets.eventTag(index), sockets.eventMask(index))
  goOn(monotonicMs())
  // At rest it is not to be seen in the machine's CPU.
  if (isBusy) setImmediate(turn)
  else setTimeout(turn, 50)
}

process.on('message', (order: ClientOrder) => {
  switch (order.type) {
    case 'open':
      target = socketAddress(order.host, order.port)
      open = { ...order, begun: 0, answered: 0, failed: 0, beganMs: monotonicMs() }
      break
    case 'probe':
      target = socketAddress(order.host, order.port)
      probe = { ...order, dueMs: 0, turn: 0 }
      break
    case 'release':
      for (const fd of held) sockets.reset(fd)
      held.clear()
      tell({ type: 'released' })
      break
    default:
      order satisfies never
  }
})
turn()
