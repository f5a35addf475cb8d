/**
 * new-connections.ts HOST PORT EVERY_MS ADDRESS...: from each local address a new connection as often, which asks once, is answered by the
 * name of a node, and ends by a FIN. It gets an `Order` when a period begins, and sends a `Tally` of each that is over.
 *
 * One loop over epoll instead of a stream for each connection: 800 a second are to leave the machine to those who serve them.
 */
import { constants } from 'node:os'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import { EDGE_TRIGGERED, ERROR, HANGUP, PEER_CLOSED, READABLE, WRITABLE } from '../../runtime/ports/sockets/epoll.ts'
import { linuxStreamSockets } from '../../runtime/ports/sockets/linux/epoll.ts'
import { connectFrom, retransmits, socketAddress, socketError } from './client-sockets.ts'

/** What the client of new connections is told: which period begins, and whose answers are unwanted from now on. Null: it opens no more. */
export interface Order {
  readonly period: number | null
  readonly avoided: string | null
}

/** How a connection failed. `reset` and `closed`: after its handshake. */
export type FailureKind = 'refused' | 'reset' | 'closed' | 'timeout' | 'unreachable'

export interface Failure {
  readonly kind: FailureKind
  readonly beganMs: number
  readonly endedMs: number
}

/** What became of the connections that were begun in a period, once that is over and all of them have ended. */
export interface Tally {
  readonly period: number
  readonly opened: number
  /** As many as the pace asks for in its time. */
  readonly expected: number
  /** Established, but not by their first SYN. */
  readonly waited: number
  /** Answered by the node that was to be avoided when they were begun. */
  readonly strayed: number
  /** Of the slowest that was answered, from its SYN to the answer. */
  readonly slowestMs: number
  readonly failures: readonly Failure[]
}

/** SYNs leave 0, 1, 3 and 7 s after the first. */
const PATIENCE_MS = 10_000
/** Enough for the patience at 1,500 a second; what does not find a place is not opened, which the pace tells. */
const UNDER_WAY_MAX = 15_000
/** What a stall missed is made up for, up to so much of it, and so many at once. */
const MADE_UP_MS = 1000
const AT_ONCE_MAX = 32
/** Most of an answer: a name. */
const ANSWER_BYTES = 256

interface Attempt {
  readonly period: Period
  readonly avoided: string | null
  readonly beganMs: number
  established: boolean
}

interface Period {
  readonly number: number
  readonly beganMs: number
  endedMs: number | undefined
  opened: number
  pending: number
  waited: number
  strayed: number
  slowestMs: number
  readonly failures: Failure[]
}

const [host = '', port = '', everyMs = '', ...addresses] = process.argv.slice(2)
const stepMs = Number(everyMs) / addresses.length
const sockets = linuxStreamSockets()
const queue = sockets.createQueue()
const target = socketAddress(host, Number(port))
const locals = addresses.map((address) => socketAddress(address, 0))
const buffer = sockets.allocate(ANSWER_BYTES)
const question = sockets.allocate(6)
question.bytes.set(Buffer.from('hello\n'))
/** By descriptor, the oldest first. */
const underWay = new Map<number, Attempt>()
let period: Period | undefined
let avoided: string | null = null
let turn = 0
let dueMs = 0

function open(local: Uint8Array, into: Period): void {
  if (underWay.size >= UNDER_WAY_MAX) return
  const attempt: Attempt = { period: into, avoided, beganMs: monotonicMs(), established: false }
  into.opened++
  into.pending++
  const fd = connectFrom(local, target)
  if (fd < 0) {
    fail(attempt, kindOf(-fd))
    return
  }
  underWay.set(fd, attempt)
  sockets.watch(queue, fd, READABLE | WRITABLE | PEER_CLOSED | EDGE_TRIGGERED, fd, 0)
}

function proceed(fd: number, events: number): void {
  const attempt = underWay.get(fd)
  if (attempt === undefined) return
  if ((events & (ERROR | HANGUP)) !== 0) {
    end(fd, attempt, kindOf(socketError(fd)))
    return
  }
  if (!attempt.established) {
    attempt.established = true
    if (retransmits(fd) > 0) attempt.period.waited++
    sockets.send(fd, question, 0, question.bytes.length, false)
  }
  if ((events & READABLE) !== 0) answered(fd, attempt)
}

function answered(fd: number, attempt: Attempt): void {
  const count = sockets.recv(fd, buffer, ANSWER_BYTES)
  if (count <= 0) {
    end(fd, attempt, count === 0 ? 'closed' : kindOf(-count))
    return
  }
  const node = Buffer.from(buffer.bytes.subarray(0, count)).toString().trim()
  if (node === attempt.avoided) attempt.period.strayed++
  attempt.period.slowestMs = Math.max(attempt.period.slowestMs, monotonicMs() - attempt.beganMs)
  end(fd, attempt)
}

function end(fd: number, attempt: Attempt, failure?: FailureKind): void {
  underWay.delete(fd)
  sockets.close(fd)
  if (failure === undefined) settle(attempt.period)
  else fail(attempt, failure)
}

function fail(attempt: Attempt, kind: FailureKind): void {
  attempt.period.failures.push({ kind, beganMs: attempt.beganMs, endedMs: monotonicMs() })
  settle(attempt.period)
}

function settle(of: Period): void {
  of.pending--
  tell(of)
}

/** A period that is over, and has nothing under way any more, is told once: nothing is begun in it that could bring it here again. */
function tell(of: Period): void {
  if (of.endedMs === undefined || of.pending > 0) return
  const { number, opened, waited, strayed, slowestMs, failures } = of
  const expected = Math.floor((of.endedMs - of.beganMs) / stepMs)
  const tally: Tally = { period: number, opened, expected, waited, strayed, slowestMs, failures }
  process.send?.(tally)
}

function kindOf(errno: number): FailureKind {
  switch (errno) {
    case constants.errno.ECONNREFUSED:
      return 'refused'
    case constants.errno.ECONNRESET:
    case constants.errno.EPIPE:
      return 'reset'
    case constants.errno.ETIMEDOUT:
      return 'timeout'
    case 0:
      return 'closed'
    default:
      return 'unreachable'
  }
}

function turnOfLoop(): void {
  const count = sockets.wait(queue, 1)
  for (let index = 0; index < count; index++) proceed(sockets.eventTag(index), sockets.eventMask(index))
  const nowMs = monotonicMs()
  for (const [fd, attempt] of underWay) {
    if (attempt.beganMs + PATIENCE_MS > nowMs) break
    end(fd, attempt, 'timeout')
  }
  dueMs = Math.max(dueMs, nowMs - MADE_UP_MS)
  for (let opened = 0; period !== undefined && dueMs <= nowMs && opened < AT_ONCE_MAX; opened++) {
    dueMs += stepMs
    open(locals[turn++ % locals.length]!, period)
  }
  setImmediate(turnOfLoop)
}

process.on('message', (order: Order) => {
  const nowMs = monotonicMs()
  avoided = order.avoided
  if (order.period === period?.number) return
  const over = period
  period =
    order.period === null
      ? undefined
      : {
          number: order.period,
          beganMs: nowMs,
          endedMs: undefined,
          opened: 0,
          pending: 0,
          waited: 0,
          strayed: 0,
          slowestMs: 0,
          failures: [],
        }
  if (over === undefined) {
    dueMs = nowMs
    return
  }
  over.endedMs = nowMs
  tell(over)
})
turnOfLoop()
