import { familyOf } from '../../../runtime/wire/ip-address-bytes.ts'
import type { Holding } from '../state.ts'
import type { Turn } from '../turn.ts'
import { scheduleFrom, takeDue } from './garp-schedule.ts'

/** Rule 18: gratuitous ARP for each address now, in a burst, and again later. Restarts a schedule that runs. */
export function announce(turn: Turn, holding: Holding): void {
  turn.cancelTimer('ready')
  sendDueGarp(turn, { ...holding, awaits: null, schedule: scheduleFrom(turn.options.garp, turn.nowMs) })
}

/** The same where a reason for it has come up meanwhile; what is not announced yet calls clients no sooner for that. */
export function announceAnew(turn: Turn, holding: Holding): void {
  if (holding.awaits === null) announce(turn, holding)
}

/** Once, beside the schedule: another host speaks for that address. */
export function defend(turn: Turn, { withheld, device }: Holding, address: string): void {
  const isHeld = turn.options.virtualIps.some((virtualIp) => virtualIp.address === address)
  if (!isHeld || withheld.includes(address)) return
  const { index, mac } = device
  turn.perform({ type: 'sendGratuitousArp', interfaceIndex: index, mac, addresses: [address] })
}

/** Sends what is due and starts the timer of the next round. */
export function sendDueGarp(turn: Turn, holding: Holding): void {
  const { garp, interfaceName, virtualIps } = turn.options
  const { due, schedule } = takeDue(holding.schedule, garp, turn.nowMs)
  turn.enter({ ...holding, schedule })
  if (due !== undefined) {
    const addresses = virtualIps.map(({ address }) => address).filter((address) => !holding.withheld.includes(address))
    const { index, mac } = holding.device
    // Clients wait for it: it goes before the log lines.
    if (addresses.length > 0) turn.perform({ type: 'sendGratuitousArp', interfaceIndex: index, mac, addresses })
    if (due.opens) {
      for (const address of addresses)
        turn.logInstance('info', `Sending ${announcementOf(address)} on ${interfaceName} for ${address}`)
    }
  }
  const [next] = schedule
  if (next !== undefined) turn.startTimer('garp', next.atMs - turn.nowMs)
}

/** IPv6 has no ARP (RFC 9568 §6.4.1: unsolicited neighbour advertisements). Both go by the same schedule. */
const announcementOf = (address: string): string =>
  familyOf(address) === 'ipv6' ? 'unsolicited neighbour advertisements' : 'gratuitous ARPs'
