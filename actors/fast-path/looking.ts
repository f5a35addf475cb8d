import { warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { NetworkInterface } from '../../runtime/ports/netlink/netlink.ts'
import type { Result } from '../../runtime/ports/result.ts'
import { compareNeighbours, neighboursToLookAt, noteSilent, probeNodes } from './kernel/neighbours.ts'
import type { Look } from './state.ts'
import { forgetFormerMacs } from './staying/former-macs.ts'
import { numberGroup } from './taking-over.ts'
import type { Turn } from './turn.ts'

/** What somebody else does to our tables is found within this time. */
const LOOK_EVERY_MS = 1000

export function startLooking(turn: Turn): void {
  turn.startTimer('look', LOOK_EVERY_MS)
  turn.perform({ type: 'look', neighbours: neighboursToLookAt(turn.state), probed: probeNodes(turn) })
}

/** Is the interface the same, are the addresses there, did somebody change any table? */
export function look(turn: Turn, { generation, device, missing, neighbours, silent }: Look): void {
  noteSilent(turn, silent)
  noteDevice(turn, device)
  compareNeighbours(turn, neighbours)
  forgetFormerMacs(turn)
  const { applied, errand, stopping, outline } = turn.state
  if (applied === null || stopping || errand.kind !== 'none') return
  if (missing.length > 0) {
    turn.log('warn', `${missing.join(', ')} was taken off the loopback interface: putting it back`)
    turn.perform({ type: 'putAddresses', addresses: missing })
  }
  if (!generation.ok || outline === null || generation.value === turn.state.generation) return
  turn.change({ errand: { kind: 'outlining', baseline: false } })
  turn.perform({ type: 'outline' })
}

/** Chains hang on the interface by its index: with another one they are gone, whatever its name. */
function noteDevice(turn: Turn, read: Result<NetworkInterface>): void {
  const { device: before, settings } = turn.state
  if (!read.ok) {
    const { interfaceName } = settings
    turn.trouble('device', warning('interface-unreadable', interfaceName, `${interfaceName}: ${read.reason}`))
    turn.change({ device: null })
    return
  }
  turn.resolved('device')
  const { index, mac } = read.value
  if (before?.index === index && before.mac === mac) return
  if (before?.index !== index && turn.state.applied !== null) forgetApplied(turn)
  turn.change({ device: { index, mac } })
  numberGroup(turn)
}

/**
 * The tables as somebody else would have to change them. Whatever differs is put right as a whole; a number of generation that moved
 * for another table's sake is only remembered.
 */
export function compareOutline(turn: Turn, generation: number, outline: Result<string>): void {
  const { errand, settings } = turn.state
  if (errand.kind !== 'outlining') return
  turn.change({ errand: { kind: 'none' } })
  if (!outline.ok) {
    const text = `cannot look at the tables of kernel mode: ${outline.reason}`
    turn.trouble('outline', warning('rules-unreadable', null, text))
    turn.change({ outline: null })
    turn.startTimer('retry', LOOK_EVERY_MS)
    return
  }
  turn.resolved('outline')
  const isOurs = errand.baseline ? outline.value !== '' : outline.value === turn.state.outline
  turn.change({ outline: outline.value, generation })
  if (isOurs) return
  turn.count('restored')
  turn.log('warn', `something else changed the nftables tables of kernel mode on ${settings.interfaceName}: restoring`)
  forgetApplied(turn)
}

/** Nobody knows any more what our tables hold. */
function forgetApplied(turn: Turn): void {
  turn.change({ applied: null, found: null, outline: null, patient: false })
}
