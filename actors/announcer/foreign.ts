import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { NetworkInterface } from '../../runtime/ports/netlink/netlink.ts'
import type { AnnouncerState, VirtualAddress } from './state.ts'
import type { Turn } from './turn.ts'

/**
 * A virtual IP that the interface has at the start, and for ever, is an administrator's own: what is put here always has an end, so that a
 * predecessor cannot have left it. It stays, whatever this node is; that it should not be there is told until it is not.
 */
export function noteForeign(turn: Turn, { addresses }: NetworkInterface): void {
  const { options, state } = turn
  const ours = new Set(options.virtualIps.map(({ address }) => address))
  const lasting = addresses.filter(({ address, validLifetimeS }) => ours.has(address) && validLifetimeS === null)
  const known = state.foreign
  // Later ones were added to a gateway that runs: they are put right as anything that another tool does.
  const foreign = known === null ? lasting : lasting.filter((held) => known.some((other) => isSame(held, other)))
  for (const { address, prefixLength } of foreign) {
    const where = `${address}/${prefixLength} is on ${options.interfaceName} by somebody else's hand`
    const text = `${where}, and answers also where this node is not director: take it off`
    turn.trouble(`foreign:${address}/${prefixLength}`, warning('vip-not-ours', address, text))
  }
  for (const gone of known ?? []) {
    if (!foreign.some((held) => isSame(held, gone))) turn.resolved(`foreign:${gone.address}/${gone.prefixLength}`)
  }
  turn.change({ foreign: foreign.map(({ address, prefixLength }) => ({ address, prefixLength })) })
}

export const isForeign = ({ foreign }: AnnouncerState, address: VirtualAddress): boolean =>
  foreign?.some((other) => isSame(address, other)) ?? false

const isSame = (one: VirtualAddress, other: VirtualAddress): boolean =>
  one.address === other.address && one.prefixLength === other.prefixLength
