/**
 * The addresses that this node's packets leave from. Where one goes, nothing may leave from it any more; where the configuration
 * names none, the gateway goes by the one that the interface has instead.
 */
import type { InterfaceTruth } from '../../runtime/ports/netlink/kernel-events.ts'
import { familyOf, isLinkLocal } from '../../runtime/wire/ip-address-bytes.ts'
import type { OwnAddresses } from './messages.ts'
import type { Turn } from './turn.ts'

/** One may be lost, and Linux ignores a gratuitous ARP within a second of an entry's last change. */
const ANNOUNCEMENTS = 3
/**
 * An address that is only replaced is back by then. And whoever flushes an interface does so until it is empty: what the announcer puts
 * back stays after that only, and is needed for the resets that go before a node takes no part any more.
 */
const LOST_AFTER_MS = 50

/**
 * The node's own addresses are reached by another MAC than before, or are back: said now, and once a second after that. The kernel
 * says it only where `arp_notify` is set, and who has the old MAC sends to nobody until the entry is checked.
 */
export function announceOwn(turn: Turn): void {
  turn.change({ announcementsLeft: ANNOUNCEMENTS })
  repeatOwn(turn)
}

/** Once a second. What cannot be said yet, as the link is down or the address is not back, is said when it can. */
export function repeatOwn(turn: Turn): void {
  const { truth, announcementsLeft } = turn.state
  const own = sourcesOf(turn).filter((address) => turn.holds(address))
  if (announcementsLeft === 0 || !truth?.link?.up || own.length === 0) return
  turn.change({ announcementsLeft: announcementsLeft - 1 })
  const { index: interfaceIndex, mac } = truth.link
  for (const address of own) turn.perform({ type: 'announce', interfaceIndex, mac, address })
}

/** One of them went or is back: the raw sockets are bound to it. */
export function followOwnAddress(turn: Turn, before: InterfaceTruth | null): void {
  const { truth, peersUp } = turn.state
  if (before === null || truth?.link == null) return
  const had = (address: string) => before.addresses.some((held) => held.address === address)
  const changed = sourcesOf(turn).filter((address) => had(address) !== turn.holds(address))
  if (changed.length === 0) return
  // An interface that was made anew was told already.
  if (before.link?.index === truth.link.index && peersUp.has('raw-ip'))
    turn.perform({ type: 'send', to: 'raw-ip', message: { type: 'interfaceChanged' } })
  if (changed.some((address) => turn.holds(address))) announceOwn(turn)
}

/** Whether this node can take part by its addresses; and whether others are to be taken in their place. */
export function judgeOwnAddress(turn: Turn, askAgain = false): void {
  const { truth, options } = turn.state
  // An interface that is not there is tracked as such.
  if (truth?.link == null) return
  const { managementIp, linkLocalAddress, electors, ipv6Electors } = options
  const own = ownAddresses(turn, truth)
  const isMoving = own.managementIp !== managementIp || own.linkLocalAddress !== linkLocalAddress
  if (isMoving && (askAgain || !turn.state.isRelocating)) turn.perform({ type: 'relocate', own })
  if (isMoving !== turn.state.isRelocating) turn.change({ isRelocating: isMoving })
  const lost = turn.holds(own.managementIp) ? null : lostText(turn, truth)
  const ipv6Lost = own.linkLocalAddress === null || turn.holds(own.linkLocalAddress) ? lost : linkLocalText(turn)
  const isLost = isLostByNow(turn, lost !== null || ipv6Lost !== null)
  for (const elector of electors) {
    const reason = ipv6Electors.includes(elector) ? (lost ?? ipv6Lost) : lost
    const wasSaid = turn.state.tracks.get(elector)?.address !== undefined
    // That all is as it should be is worth a word only after it was not.
    if (reason === null ? !wasSaid : !isLost) continue
    turn.track({ type: 'track', source: 'address', state: reason === null ? 'ok' : 'failed', reason }, [elector])
  }
}

/** Whether it is missing for good; looked at again where that is not known yet. */
function isLostByNow(turn: Turn, isMissing: boolean): boolean {
  const missingSinceMs = isMissing ? (turn.state.missingSinceMs ?? turn.nowMs) : null
  turn.change({ missingSinceMs })
  if (missingSinceMs === null) return false
  const leftMs = missingSinceMs + LOST_AFTER_MS - turn.nowMs
  if (leftMs > 0) turn.startTimer('read', leftMs)
  return leftMs <= 0
}

const sourcesOf = ({ options: { managementIp, linkLocalAddress } }: Turn): readonly string[] =>
  linkLocalAddress === null ? [managementIp] : [managementIp, linkLocalAddress]

/** What the gateway should go by: as it does, but for what the interface has no more and has another for. */
function ownAddresses(turn: Turn, truth: InterfaceTruth): OwnAddresses {
  const { managementIp, isManagementIpNamed, linkLocalAddress, virtualIps } = turn.options
  const own = truth.addresses.filter(({ address }) => !virtualIps.includes(address))
  const present = own.find(({ address }) => address === managementIp)
  const other = isManagementIpNamed ? undefined : own.find(({ address }) => familyOf(address) === 'ipv4')
  const management = present ?? other ?? { address: managementIp, prefixLength: 0 }
  const linkLocals = own.filter(({ address }) => isLinkLocal(address)).map(({ address }) => address)
  const linkLocal = linkLocals.includes(linkLocalAddress ?? '') ? linkLocalAddress : (linkLocals[0] ?? linkLocalAddress)
  return {
    managementIp: management.address,
    managementPrefixLength: management.prefixLength,
    linkLocalAddress: linkLocalAddress === null ? null : linkLocal,
  }
}

function lostText({ options }: Turn, truth: InterfaceTruth): string {
  const { interfaceName, managementIp, isManagementIpNamed, virtualIps } = options
  const has = truth.addresses
    .map(({ address }) => address)
    .filter((address) => familyOf(address) === 'ipv4' && !virtualIps.includes(address))
  if (!isManagementIpNamed) return `${interfaceName} has no address of its own any more: ${managementIp} is gone`
  const instead = has.length === 0 ? '' : `; it has ${has.join(', ')}: give it back, or name the new one`
  return `managementIp ${managementIp} is not an address of ${interfaceName} any more${instead}`
}

const linkLocalText = ({ options }: Turn): string =>
  `${options.interfaceName} has no IPv6 link-local address any more: ${options.linkLocalAddress} is gone`
