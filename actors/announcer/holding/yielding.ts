import type { Holding, Phase, Resetting, Yielding } from '../state.ts'
import type { Turn } from '../turn.ts'
import { giveUp, put } from './holding.ts'

/**
 * From the advert of who takes the addresses until its gratuitous ARP has arrived everywhere: its threads have just to hear that
 * the advert has left, and to ask the kernel. Whoever does not know yet is served here meanwhile.
 */
export const YIELD_MS = 20
/** Forwarders that stand still keep the addresses from nobody. */
export const RESET_PATIENCE_MS = 500

/** Make before break: the addresses stay for a moment, and nothing is said for them. */
export function beginYield(turn: Turn, { device, withheld, leaseUntilMs }: Holding): void {
  const leftMs = leaseUntilMs - turn.nowMs
  // Of a short lease half is for telling clients.
  const untilMs = turn.nowMs + Math.min(YIELD_MS, tellsClients(turn) ? leftMs / 2 : leftMs)
  turn.cancelTimers()
  turn.enter({ label: 'YIELDING', device, withheld, untilMs, leaseUntilMs })
  turn.startTimer('yield', untilMs - turn.nowMs)
}

/** Others have heard of who has the addresses now. */
export function endYield(turn: Turn, phase: Yielding): void {
  if (tellsClients(turn) && turn.nowMs < phase.leaseUntilMs) beginReset(turn, phase)
  else release(turn, phase)
}

/** The addresses are given up although the lease lasts: at once, but that clients hear of it where their connections end by it. */
export function letGo(turn: Turn, phase: Phase): void {
  if (phase.label !== 'HOLDING' || !tellsClients(turn)) {
    release(turn, phase)
    return
  }
  // What somebody took off, with the node's own address maybe, is there for the resets: nobody else has it yet.
  put(turn, phase)
  beginReset(turn, phase)
}

/**
 * Connections end where the address goes, and without it no reset can leave: a client that only waits would wait for ever. So they are reset
 * last thing before.
 */
function beginReset(turn: Turn, { device, withheld, leaseUntilMs }: Holding | Yielding): void {
  const untilMs = Math.min(turn.nowMs + RESET_PATIENCE_MS, leaseUntilMs)
  turn.cancelTimers()
  const resetting: Resetting = { label: 'RESETTING', device, withheld, untilMs }
  turn.enter(resetting)
  turn.startTimer('yield', untilMs - turn.nowMs)
  const addresses = turn.options.virtualIps.map(({ address }) => address)
  turn.perform({ type: 'resetConnections', addresses })
}

/** The addresses go now, and the elector hears of it. */
export function release(turn: Turn, phase: Phase): void {
  if (phase.label !== 'IDLE') giveUp(turn, phase)
  turn.report({ type: 'released' })
}

const tellsClients = ({ options }: Turn): boolean => options.forwardedBy === 'forwarder'
