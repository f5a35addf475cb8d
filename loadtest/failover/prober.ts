/**
 * Opens a TCP connection to the VIP every 2 ms and tells when those that succeeded were begun: `node prober.ts IP PORT`. An
 * attempt is given up before the kernel would send its SYN again (1 s): then the SYN, or what answered it, was lost. One that succeeds was answered
 * at once, and none holds up another. Prints one JSON line per report. It runs until it is killed.
 */
import { writeSync } from 'node:fs'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import { ERROR, HANGUP, WRITABLE } from '../../runtime/ports/sockets/epoll.ts'
import { linuxStreamSockets } from '../../runtime/ports/sockets/linux/epoll.ts'
import { parseIpv4 } from '../../runtime/wire/addresses.ts'
import { connectEveryMs } from './plan.ts'
import { raiseSchedulingClass, sleepMs } from './precision.ts'

/** One line of it. */
export interface ProberReport {
  /** When the connections that succeeded since the last report were begun, CLOCK_MONOTONIC. */
  readonly successesMs: readonly number[]
  /** Of those that failed: they were refused, or their SYN was not answered before it would have been sent again. */
  readonly lostMs: readonly number[]
  /** Whether it got a raised scheduling class. */
  readonly raised: boolean
}

const atOnceMs = 100
const patienceMs = 900
const reportMs = 20
const MAPPED = 0xffff

const [ip = '', port = ''] = process.argv.slice(2)
const sockets = linuxStreamSockets()
const target = sockets.socketAddress([0, 0, MAPPED, parseIpv4(ip) ?? 0], Number(port))
const queue = sockets.createQueue()
/** When each attempt under way was begun, by its descriptor, the oldest first. At most patience / interval of them. */
const underWay = new Map<number, number>()
const raised = raiseSchedulingClass()
let successesMs: number[] = []
let lostMs: number[] = []

function attempt(nowMs: number): void {
  const fd = sockets.connect(target, false)
  // No route, no neighbour: it failed at once.
  if (fd < 0) {
    lostMs.push(nowMs)
    return
  }
  underWay.set(fd, nowMs)
  sockets.watch(queue, fd, WRITABLE, fd, 0)
}

function settle(nowMs: number): void {
  const count = sockets.wait(queue, 0)
  for (let index = 0; index < count; index++) {
    const fd = sockets.eventTag(index)
    const begunMs = underWay.get(fd)
    if (begunMs !== undefined) {
      if ((sockets.eventMask(index) & (ERROR | HANGUP)) !== 0) lostMs.push(begunMs)
      else if (nowMs - begunMs <= atOnceMs) successesMs.push(begunMs)
    }
    giveUp(fd)
  }
}

function giveUp(fd: number): void {
  underWay.delete(fd)
  // A reset instead of a FIN: 500 connections a second would leave 30,000 sockets in TIME_WAIT.
  sockets.reset(fd)
}

let dueMs = monotonicMs()
let reportAtMs = dueMs
for (;;) {
  const nowMs = monotonicMs()
  settle(nowMs)
  for (const [fd, begunMs] of underWay) {
    if (begunMs + patienceMs > nowMs) break
    lostMs.push(begunMs)
    giveUp(fd)
  }
  if (nowMs >= dueMs) {
    attempt(nowMs)
    // What a stall missed is not made up for: a burst would find the same answer.
    dueMs = Math.max(dueMs + connectEveryMs, nowMs)
  }
  if (nowMs >= reportAtMs) {
    const report: ProberReport = { successesMs, lostMs, raised }
    writeSync(1, `${JSON.stringify(report)}\n`)
    successesMs = []
    lostMs = []
    reportAtMs = nowMs + reportMs
  }
  sleepMs(dueMs - monotonicMs())
}
