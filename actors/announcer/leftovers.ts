import type { NetworkInterface } from '../../runtime/ports/netlink/netlink.ts'
import type { Result } from '../../runtime/ports/result.ts'
import { noteCorrection } from './corrections.ts'
import { isForeign } from './foreign.ts'
import type { Turn } from './turn.ts'

/**
 * At start a predecessor that crashed may have left virtual IPs behind, and later something else may add one to a node that
 * is not director. Another node may hold them by now, so they go; if we are to hold them after all, `hold` puts them back.
 */
export function sweep(turn: Turn, read: Result<NetworkInterface>): void {
  const { interfaceName, virtualIps } = turn.options
  if (!read.ok) {
    turn.log('warn', `cannot look for virtual IPs left behind on ${interfaceName}: ${read.reason}`)
    return
  }
  const ours = new Set(virtualIps.map(({ address }) => address))
  // By the prefix that they have there: the configuration may have changed since.
  const addresses = read.value.addresses.filter((held) => ours.has(held.address) && !isForeign(turn.state, held))
  if (addresses.length === 0) return
  for (const { address } of addresses) turn.log('warn', `${address} was left behind on ${interfaceName}: removing it`)
  noteCorrection(turn)
  turn.perform({ type: 'removeAddresses', interfaceIndex: read.value.index, addresses })
}
