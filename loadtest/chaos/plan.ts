/** What befalls the group, drawn from a seed. Pure. */
import type { Random } from '../../runtime/ports/host/random.ts'
import type { Mode } from '../group/network.ts'
import type { PlannedFault } from './costs.ts'
import type { Fault } from './fault.ts'

/** Faults that are laid at about the same time; when they are healed, the group has to settle. */
export interface Round {
  readonly faults: readonly PlannedFault[]
}

export interface Plan {
  readonly seed: number
  readonly rounds: readonly Round[]
}

/** The second fault of a round comes so much later at most. */
const APART_MS = 2500
/** One in so many rounds has a single fault. */
const ALONE_ONE_IN = 2

/** Evenly spread in 0..1, without 1. */
const share = (random: Random): number => random.uint32() / 2 ** 32
const below = (random: Random, count: number): number => Math.floor(share(random) * count)
const between = (random: Random, [least, most]: readonly [number, number]): number =>
  Math.round(least + share(random) * (most - least))

/**
 * Rounds until faults have lasted for that long. Kinds come in a shuffled order, each once before any comes again, so that a few seeds see
 * them all. The same seed, mode and kinds give the same plan.
 */
export function drawPlan(seed: number, random: Random, kinds: readonly Fault[], mode: Mode, lastsMs: number): Plan {
  const possible = kinds.filter(({ modes }) => modes.includes(mode))
  if (possible.length === 0) throw new Error(`no fault is for ${mode} mode`)
  const rounds: Round[] = []
  let deck: Fault[] = []
  for (let laidMs = 0; laidMs < lastsMs; ) {
    if (deck.length === 0) deck = shuffled(random, possible)
    const [first] = deck.splice(0, 1) as [Fault]
    const faults = [drawFault(random, first, 0)]
    if (below(random, ALONE_ONE_IN) > 0) {
      const second = drawFault(random, possible[below(random, possible.length)]!, between(random, [0, APART_MS]))
      if (mayMeet(faults[0]!, second, kinds)) {
        faults.push(second)
        deck = deck.filter(({ name }) => name !== second.name)
      }
    }
    rounds.push({ faults })
    laidMs += Math.max(...faults.map(({ afterMs, lastsMs }) => afterMs + lastsMs))
  }
  return { seed, rounds }
}

function drawFault(random: Random, { name, nodes, lastsMs }: Fault, afterMs: number): PlannedFault {
  const node = nodes[below(random, nodes.length)] ?? 0
  return { name, node, afterMs, lastsMs: between(random, lastsMs), chance: share(random) }
}

/** Whether two faults may be laid at once: neither takes the other's hold away. */
export function mayMeet(one: PlannedFault, other: PlannedFault, kinds: readonly Fault[]): boolean {
  const [grip, otherGrip] = [one, other].map(({ name }) => kinds.find((kind) => kind.name === name)?.grip)
  if (grip === 'group' || otherGrip === 'group') return false
  const isShared = grip === 'wire' || grip === 'strangers'
  return grip !== otherGrip || (!isShared && one.node !== other.node)
}

function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const left = [...items]
  const order: Item[] = []
  while (left.length > 0) order.push(...left.splice(below(random, left.length), 1))
  return order
}

/** A line for people. */
export const describeFault = ({ name, node, afterMs, lastsMs }: PlannedFault): string =>
  `${name} at node${node}${afterMs === 0 ? '' : ` after ${(afterMs / 1000).toFixed(1)} s`}, for ${(lastsMs / 1000).toFixed(1)} s`

/** A fault as the command line has it: `NAME@NODE+AFTER/LASTS/CHANCE`, in milliseconds. */
export const writeFault = ({ name, node, afterMs, lastsMs, chance }: PlannedFault): string =>
  `${name}@${node}+${afterMs}/${lastsMs}/${chance.toFixed(4)}`

/** The same, read; undefined for what is none. */
export function readFault(text: string): PlannedFault | undefined {
  const [, name, node, afterMs, lastsMs, chance] = /^\s*(.+)@(\d+)\+(\d+)\/(\d+)\/([\d.]+)\s*$/.exec(text) ?? []
  if (name === undefined) return undefined
  return { name, node: Number(node), afterMs: Number(afterMs), lastsMs: Number(lastsMs), chance: Number(chance) }
}
