import { setTimeout as pause } from 'node:timers/promises'
import type { NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import { orderFailover, signalAll } from './daemons.ts'
import { first, second } from './network.ts'
import { masterDownMs, type Turn } from './plan.ts'
import type { Stage } from './stage.ts'

/** What one turn gave. Times are in ms; null where nobody took over, or where it was disturbed. */
export interface Outcome {
  /** The longest time between the beginnings of two connections in a row that succeeded. */
  readonly gapMs: number | null
  /** From the fault until the heir's kernel had the VIP. */
  readonly takeoverMs: number | null
  /** For how long both nodes held the VIP on the network; up to the end of the measurement. */
  readonly doubleMs: number
  /** Whether the VIP had moved, or was moving, before anything was done: a false failover, and no measurement. */
  readonly disturbed: boolean
  /** Connections begun since the fault that failed: refused, or no answer before a SYN is sent again. */
  readonly lost: number
  /** The longest gap in the second before the fault: what the client itself contributes. */
  readonly floorMs: number
}

/** What was measured in one turn. */
export interface Measurement extends Outcome {
  readonly turn: Turn
}

/** Longer than a client's kernel ignores gratuitous ARP after the entry's last change (1 s). */
const steadyMs = 1200
const floorWindowMs = 1000
/** After a takeover: gratuitous ARP that was ignored is repeated, and a second gap may follow the first. What is lost is known after 900 ms. */
const settleMs = 1600
/** Where the old director's kernel may go on answering: until its leased address has gone, or is seen to stay. */
const overlapMs = 3500
/** Beyond the protocol's own bound. */
const patienceMs = 10_000

/** Makes one measurement, from two nodes without a daemon to the same. @throws Error when the daemons do not even start */
export async function measure(stage: Stage, turn: Turn): Promise<Outcome> {
  try {
    await stage.start(turn.daemon, turn.pace)
    if (turn.fault.name === 'return') await leaveToSecond(stage)
    if (turn.fault.name === 'back') await orderedTo(stage, first, second)
    await pause(steadyMs)
    const { acquisitions } = stage
    const quietSinceMs = monotonicMs()
    await pause(floorWindowMs)
    await stage.untilPhase(turn.pace, turn.phase)
    const floorMs = stage.successes.longestGapMs(quietSinceMs)
    const director = heirOf(turn) === first ? second : first
    if (!stage.isDirector(director) || stage.acquisitions !== acquisitions)
      return { gapMs: null, takeoverMs: null, doubleMs: 0, lost: 0, disturbed: true, floorMs }
    return { ...(await inflictAndWait(stage, turn)), disturbed: false, floorMs }
  } finally {
    await stage.clear()
  }
}

async function leaveToSecond(stage: Stage): Promise<void> {
  await stage.daemonOf(first).end('SIGTERM')
  if (!(await stage.until(() => stage.isDirector(second), patienceMs)))
    throw new Error(`the second node did not follow:\n${stage.log.last(10).join('\n')}`)
}

async function orderedTo(stage: Stage, director: NodePlan, heir: NodePlan): Promise<void> {
  await orderFailover(director).ended
  if (!(await stage.until(() => stage.isDirector(heir), patienceMs)))
    throw new Error(`the failover did not come about:\n${stage.log.last(10).join('\n')}`)
}

const heirOf = ({ fault }: Turn): NodePlan => (fault.name === 'return' || fault.name === 'back' ? first : second)

async function inflictAndWait(stage: Stage, turn: Turn): Promise<Omit<Outcome, 'floorMs' | 'disturbed'>> {
  const heir = heirOf(turn)
  const faultAtMs = monotonicMs()
  inflict(stage, turn)
  const within = masterDownMs(turn.pace, heir.priority) + patienceMs
  const taken = await stage.until(() => stage.holds(heir), within)
  const takenAtMs = monotonicMs()
  const overlaps = turn.fault.name === 'kill' || turn.fault.name === 'freeze'
  if (taken) await pause(overlaps ? overlapMs : settleMs)
  const reached = await stage.until(() => stage.successes.lastMs > takenAtMs, patienceMs)
  return {
    gapMs: taken && reached ? stage.successes.longestGapMs(faultAtMs) : null,
    takeoverMs: taken ? takenAtMs - faultAtMs : null,
    doubleMs: stage.holders.longestDoubleMs(monotonicMs()),
    lost: stage.lostSince(faultAtMs),
  }
}

function inflict(stage: Stage, { daemon, fault, pace }: Turn): void {
  switch (fault.name) {
    case 'power-off':
      stage.setCable(first, false)
      signalAll(stage.daemonOf(first), 'SIGKILL')
      return
    case 'kill':
      signalAll(stage.daemonOf(first), 'SIGKILL')
      return
    case 'stop':
      stage.daemonOf(first).signal('SIGTERM')
      return
    case 'freeze':
      signalAll(stage.daemonOf(first), 'SIGSTOP')
      return
    case 'link-down':
      stage.setLink(first, false)
      return
    case 'return':
      stage.startNode(daemon, first, pace)
      return
    case 'failover':
      orderFailover(first)
      return
    case 'back':
      orderFailover(second)
      return
    default:
      fault satisfies never
  }
}
