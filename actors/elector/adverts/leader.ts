import { leaderHappening } from '../happenings.ts'
import type { Turn } from '../turn.ts'

/** Of directors that change faster than that, in intervals, not each is told. */
const LEADERS_TOLD_EVERY = 3

/** Who does not lead says who does, once: it takes no part in what the others log of it. */
export function tellLeader(turn: Turn): void {
  const { phase, leaderTold } = turn.state
  const { options, nowMs } = turn
  if (phase.label === 'MASTER' && phase.holding && leaderTold?.address !== options.primaryAddress)
    turn.change({ leaderTold: { address: options.primaryAddress, atMs: Number.NEGATIVE_INFINITY } })
  if ((phase.label !== 'BACKUP' && phase.label !== 'FAULT') || phase.master === null) return
  const { address, priority } = phase.master
  if (address === leaderTold?.address) return
  if (leaderTold !== null && nowMs - leaderTold.atMs < LEADERS_TOLD_EVERY * options.advertIntervalCs * 10) return
  turn.change({ leaderTold: { address, atMs: nowMs } })
  turn.logInstance('info', `the director is ${address} now, of priority ${priority}`)
  turn.perform({ type: 'happened', ...leaderHappening(options, address, priority) })
}
