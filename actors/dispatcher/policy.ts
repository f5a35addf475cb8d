/**
 * From what the nodes report to the share of the slots that each gets. Pure, and without slots: whoever has the last
 * `Balance` calls `nextBalance` with every membership, and shares the slots out by `sharesOf`.
 */
import type { Member } from '../discovery/messages.ts'
import { copes, hasRoom, NEVER_OVERLOADED, nextOverload, type Overload } from './overload.ts'

/** Weight of a node that nothing holds back. */
export const FULL_WEIGHT = 256
/** Weights are multiples of this, so that slots tell exactly by which weights they were shared out. */
const WEIGHT_QUANTUM = 4
/** Ramps go on no more often than that: clients move at each step. */
const RAMP_EVERY_MS = 5000
/** While the CPU use of the others together is below this, they have room for clients of an overloaded node, ... */
const ROOM_CPU = 0.6
/** ... and below this for all of them. */
const AMPLE_ROOM_CPU = 0.5
/** What an overload leaves of a node's weight, and what a node has at least. */
const LEFT_BY_OVERLOAD = 0.4
const LEAST_WEIGHT = FULL_WEIGHT / 16
/** A node gets its full weight back when its CPU use is below this part of the others', or all but idle, ... */
const EASE = 0.75
const EASE_CPU = 0.2
/** ... and would be below this with all of its clients. */
const FREE_CPU = 0.85
/**
 * Of its share: what a node that joins begins with, and has after a sixth of its slow start; the rest comes evenly. A cold cache gets
 * half the misses, and two nodes that join in a row leave the third half of the clients at most. Both lie between two weights,
 * so that slots tell a slow start from a weight.
 */
const FIRST_RAMP = 130 / FULL_WEIGHT
const KNEE_RAMP = 194 / FULL_WEIGHT
const KNEE = 1 / 6
/** Changes of an agent's figure that are not worth moving clients for. */
const AGENT_HYSTERESIS = 0.05

/** What the operator sets. */
export interface PolicyRules {
  /** Until a node that joins or recovers has its full share; 0 = at once. */
  readonly slowStartMs: number
}

/** What the policy remembers of a node that may own slots. */
export interface NodeBalance {
  /** 4..256: 256 = nothing holds it back; less since an overload, until it is at ease. */
  readonly weight: number
  readonly overload: Overload
  /** It is overloaded, and the others have room for all of its clients: it gets no new ones until that is over. */
  readonly spared: boolean
  /** Since when it is started slowly; null: it is not. */
  readonly rampSinceMs: number | null
  /** 0..1: how far it has come. */
  readonly ramp: number
  /** 0..1: what its agent says, but for small changes; 1 without an agent. */
  readonly agent: number
  /** What its part of the slots is in proportion to; 0 = gets no new clients. */
  readonly share: number
}

/** What the policy remembers. */
export interface Balance {
  /** The nodes that may own slots, by address. */
  readonly nodes: ReadonlyMap<string, NodeBalance>
  /** Slots by owner as somebody else left them, until the first adjustment: who is new here begins from there. */
  readonly adopted: ReadonlyMap<string, number>
  /** Since when there is a group; null: it has not begun. -Infinity: it was there before. */
  readonly startedAtMs: number | null
  readonly adjustedAtMs: number
}

const NOTHING_ADOPTED: ReadonlyMap<string, number> = new Map()

/** Where the policy begins: with the slots that there are, none in a new group. */
export const adoptBalance = (slotsByOwner: ReadonlyMap<string, number>, nowMs: number): Balance => ({
  nodes: new Map(),
  adopted: slotsByOwner,
  startedAtMs: slotsByOwner.size > 0 ? Number.NEGATIVE_INFINITY : null,
  adjustedAtMs: nowMs,
})

/** What each node's part of the slots is in proportion to, by address; who is not in it gets none. */
export const sharesOf = ({ nodes }: Balance): ReadonlyMap<string, number> =>
  new Map([...nodes].map(([address, { share }]) => [address, share]))

/**
 * The members that may own slots: those that are ok. Where there are none, those that are draining go on: they work, and
 * draining the last node must not stop the service; of them, those that are in maintenance only where there is no other.
 */
export function usableMembers(members: readonly Member[]): readonly Member[] {
  const ok = members.filter((member) => member.health === 'ok')
  const draining = members.filter((member) => member.health === 'draining')
  const drainingOnly = draining.filter((member) => member.maint === 'off')
  return [ok, drainingOnly, draining].find(({ length }) => length > 0) ?? []
}

/**
 * The balance after a report. Health, capacity, an agent's figure and an overload count at once. An overload lessens a node's weight, to nothing
 * for a while where the others have room for all; what is left it keeps until it is clearly less busy than they are: that is one step
 * down and one up, and nobody swings. Loads below an overload move nobody: clients are few and unlike, and following them moves
 * more of them than it helps.
 */
export function nextBalance(before: Balance, members: readonly Member[], rules: PolicyRules, nowMs: number): Balance {
  const usable = usableMembers(members)
  const startedAtMs = before.startedAtMs ?? nowMs
  // All nodes of a group that is just starting are as cold: ramps against each other would only move clients about.
  const isNew = before.nodes.size === 0 && before.adopted.size === 0
  const isStarting = isNew || nowMs - startedAtMs < rules.slowStartMs
  const sameNodes = usable.length === before.nodes.size && usable.every(({ address }) => before.nodes.has(address))
  const isDue = sameNodes && nowMs - before.adjustedAtMs >= RAMP_EVERY_MS
  const adopted = adoptedRates(before.adopted, usable)
  const isRoomy = ({ address }: Member) => hasRoomForOthers(before.nodes.get(address), nowMs)
  const othersOf = (member: Member): Others => {
    const others = usable.filter((other) => other !== member)
    const cpu = meanCpu(others)
    return { cpu, haveRoom: cpu < ROOM_CPU && others.some(isRoomy) }
  }
  const moved = usable.map((member) => {
    const { address } = member
    const known = before.nodes.get(address)
    const taken = known === undefined ? adopted.get(address) : undefined
    const isFull = isStarting || rules.slowStartMs === 0
    // Loads are looked at later by who takes over: his figures may be old, and he shall move nobody.
    const judged =
      taken === undefined
        ? withAgent(
            withOverload(known ?? joined(member, FULL_WEIGHT, isFull, nowMs), member, othersOf(member), nowMs),
            member,
          )
        : takenOver(member, taken, rules, nowMs)
    return [member, isDue ? ramped(judged, rules, nowMs) : judged] as const
  })
  return {
    nodes: withShares(moved),
    adopted: isDue ? NOTHING_ADOPTED : before.adopted,
    startedAtMs,
    adjustedAtMs: isDue || before.startedAtMs === null ? nowMs : before.adjustedAtMs,
  }
}

function joined({ agent }: Member, weight: number, isFull: boolean, nowMs: number): NodeBalance {
  return {
    weight,
    overload: NEVER_OVERLOADED,
    spared: false,
    rampSinceMs: isFull ? null : nowMs,
    ramp: isFull ? 1 : FIRST_RAMP,
    agent: agent ?? 1,
    share: 0,
  }
}

/** A node that owns slots already. A rate that is no weight is that of a node that is being started slowly. */
function takenOver(
  member: Member,
  { rate, error }: AdoptedRate,
  { slowStartMs }: PolicyRules,
  nowMs: number,
): NodeBalance {
  const weight = quantised(rate * FULL_WEIGHT)
  if (Math.abs(weight - rate * FULL_WEIGHT) > error * FULL_WEIGHT) {
    return { ...joined(member, FULL_WEIGHT, false, nowMs - progressAt(rate) * slowStartMs), ramp: rate }
  }
  return joined(member, weight, true, nowMs)
}

const hasRoomForOthers = (node: NodeBalance | undefined, nowMs: number): boolean =>
  node !== undefined && node.agent > 0 && hasRoom(node.overload, nowMs)

/** The usable members but one. */
interface Others {
  /** CPU use of all of them together, 0..1; 0 where there are none. */
  readonly cpu: number
  /** Whether they may be given clients of that one. */
  readonly haveRoom: boolean
}

function meanCpu(members: readonly Member[]): number {
  const capacity = members.reduce((sum, member) => sum + member.capacity, 0)
  return capacity === 0 ? 0 : members.reduce((sum, { capacity, cpu }) => sum + capacity * cpu, 0) / capacity
}

function withOverload(node: NodeBalance, member: Member, others: Others, nowMs: number): NodeBalance {
  const overload = nextOverload(node.overload, member, others.haveRoom, nowMs)
  const { overloaded, hotSinceMs } = overload
  const spared = overloaded && (node.spared || (hotSinceMs !== null && others.cpu < AMPLE_ROOM_CPU))
  if (overloaded && !node.overload.overloaded) return { ...node, overload, spared, weight: lessened(node.weight) }
  const isFree = hasRoom(overload, nowMs) && isAtEase(member.cpu, node.weight, others.cpu)
  return { ...node, overload, spared, weight: isFree ? FULL_WEIGHT : node.weight }
}

/** What others have of clients for the weight that it lacks would come on top. */
const isAtEase = (cpu: number, weight: number, othersCpu: number): boolean =>
  cpu < Math.max(EASE_CPU, EASE * othersCpu) && cpu + (1 - weight / FULL_WEIGHT) * othersCpu < FREE_CPU

const lessened = (weight: number): number => Math.max(LEAST_WEIGHT, quantised(weight * LEFT_BY_OVERLOAD))

function withAgent(node: NodeBalance, { agent }: Member): NodeBalance {
  const says = agent ?? 1
  const isNotable = says === 0 || says === 1 || Math.abs(says - node.agent) >= AGENT_HYSTERESIS
  return isNotable ? { ...node, agent: says } : node
}

function ramped(node: NodeBalance, { slowStartMs }: PolicyRules, nowMs: number): NodeBalance {
  const progress = node.rampSinceMs === null ? 1 : (nowMs - node.rampSinceMs) / slowStartMs
  return { ...node, ramp: rampAt(progress), rampSinceMs: progress < 1 ? node.rampSinceMs : null }
}

/** What part of its share a node has when so much of its slow start (0..1) is over. */
const rampAt = (progress: number): number =>
  progress < KNEE
    ? FIRST_RAMP + (KNEE_RAMP - FIRST_RAMP) * (Math.max(0, progress) / KNEE)
    : KNEE_RAMP + (1 - KNEE_RAMP) * ((Math.min(1, progress) - KNEE) / (1 - KNEE))

/** The other way round. */
const progressAt = (ramp: number): number =>
  ramp < KNEE_RAMP
    ? KNEE * Math.max(0, (ramp - FIRST_RAMP) / (KNEE_RAMP - FIRST_RAMP))
    : KNEE + (1 - KNEE) * Math.min(1, (ramp - KNEE_RAMP) / (1 - KNEE_RAMP))

/**
 * Nobody is refused: where no node copes with the clients of one that is spared any more, it has its share again, which is small by its
 * weight; where no node may have any new clients, all share them.
 */
function withShares(moved: readonly (readonly [Member, NodeBalance])[]): ReadonlyMap<string, NodeBalance> {
  const othersCope = moved.some(([, { overload, agent }]) => copes(overload) && agent > 0)
  const wanted = moved.map(([{ capacity }, { weight, ramp, agent, spared }]) =>
    spared && othersCope ? 0 : capacity * (weight / FULL_WEIGHT) * ramp * agent,
  )
  const isRefusal = wanted.every((share) => share === 0)
  return new Map(
    moved.map(([{ address, capacity }, node], at) => {
      const share = isRefusal ? capacity * (node.weight / FULL_WEIGHT) : wanted[at]!
      return [address, { ...node, share }]
    }),
  )
}

/** By which part of its capacity a node was given slots, 0..1, and how far whole slots may be off it. */
interface AdoptedRate {
  readonly rate: number
  readonly error: number
}

/** How somebody shared these slots out, for the members that own some. */
function adoptedRates(
  slotsByOwner: ReadonlyMap<string, number>,
  usable: readonly Member[],
): ReadonlyMap<string, AdoptedRate> {
  const owners = usable.flatMap(({ address, capacity, agent }) => {
    const slots = slotsByOwner.get(address) ?? 0
    return slots === 0 ? [] : [{ address, slots, rate: slots / (capacity * (agent || 1)) }]
  })
  const most = owners.reduce((best, owner) => (owner.rate > best.rate ? owner : best), { rate: 0, slots: 1 })
  return new Map(
    owners.map(({ address, slots, rate }) => {
      const share = rate / most.rate
      return [address, { rate: share, error: share * (1 / slots + 1 / most.slots) }]
    }),
  )
}

/** The nearest weight that a usable node may have. */
export const quantised = (weight: number): number =>
  Math.min(FULL_WEIGHT, Math.max(WEIGHT_QUANTUM, Math.round(weight / WEIGHT_QUANTUM) * WEIGHT_QUANTUM))
