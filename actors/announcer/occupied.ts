import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { Turn } from './turn.ts'

/** Who is no master answers for an address of ours. What is held already stays: the first one keeps it (RFC 5227 §2.4). */
export function occupy(turn: Turn, address: string, mac: string): void {
  if (turn.options.virtualIps.some((virtualIp) => virtualIp.address === address)) {
    turn.change({ occupied: new Map(turn.state.occupied).set(address, mac) })
    const { phase } = turn.state
    if (phase.label === 'HOLDING' && phase.withheld.includes(address)) withheldNow(turn)
  }
}

/** What is not to be added now, each said with who has it. */
export function withheldNow(turn: Turn): readonly string[] {
  for (const [address, mac] of turn.state.occupied) {
    const text = `${address} is held by ${mac}, which is no VRRP master: not adding it`
    turn.trouble(`occupied:${address}`, warning('vip-held-by-stranger', address, text))
  }
  return [...turn.state.occupied.keys()]
}
