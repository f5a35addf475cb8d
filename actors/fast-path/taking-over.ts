import type { Result } from '../../runtime/ports/result.ts'
import type { ForwardingMessage } from './messages.ts'
import { renumbered, UNNUMBERED } from './numbering.ts'
import type { FoundTables } from './state.ts'
import { NOTHING_FOUND } from './state.ts'
import { resumeForwarding } from './staying/giving-way.ts'
import { startTelling } from './staying/staying.ts'
import type { Turn } from './turn.ts'

/** What was found of tables with our name: whoever has a mark there keeps it. */
export function takeOver(turn: Turn, read: Result<FoundTables>): void {
  const found = read.ok ? read.value : NOTHING_FOUND
  turn.change({ errand: { kind: 'none' }, found })
  if (!read.ok) turn.log('warn', `cannot read the tables that are there: ${read.reason}`)
  if (found.beyond !== undefined)
    turn.log(
      'warn',
      `${found.beyond} clients more than can be written anew are remembered no longer: they go by their slots`,
    )
  if (turn.state.numbering === null) {
    const marks = found.kept?.marks ?? new Map<number, string>()
    turn.change({ numbering: { ...UNNUMBERED, found: new Map(Array.from(marks, ([mark, mac]) => [mac, mark])) } })
    numberGroup(turn)
    resumeForwarding(turn, found.directed)
  }
  if (found.present) startTelling(turn)
}

/** The group, by the marks that are in the tables; until it is known which those are, and which MAC is ours, by its own. */
export function noteGroup(turn: Turn, message: ForwardingMessage): void {
  const { numbering: before, device, group: known } = turn.state
  if (before === null || (device === null && before.given.size === 0)) {
    turn.change({ group: message })
    return
  }
  const { group, numbering } = renumbered(message, before, device?.mac)
  // Slots that are the same stay the same array: the ruleset is made by it.
  const isSame = known !== null && Buffer.compare(known.slots, group.slots) === 0
  turn.change({ group: isSame ? { ...group, slots: known.slots } : group, numbering })
}

/** Our MAC is known: nobody was numbered before. */
export function numberGroup(turn: Turn): void {
  const { group, numbering } = turn.state
  if (group !== null && numbering?.given.size === 0) noteGroup(turn, group)
}
