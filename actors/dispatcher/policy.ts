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
/** A weight stays where it is until what it should be differs by that much: loads waver, clients should not. */
const HYSTERESIS = 10
/** Loads move weights no more often than that: the effect of a step must be seen before the next. */
const ADJUST_EVERY_MS = 5000
/** By this share of the way a weight goes to what the load asks for, at each adjustment. */
const SMOOTHING = 0.1
/** CPU use up to which a node is not held back, the weight it has at that of an overload, and what it has at least. */
const CPU_FREE = 0.7
const CPU_HOT = 0.9
const SHARE_AT_HOT_CPU = 0.6
const SHARE_AT_LEAST = 0.25
/** Most that a node's connections hold it back. */
const SHARE_AT_MANY_CONNECTIONS = 0.5
/** Surplus of connections that is no sign of anything: this, and half a standard deviation of clients that come by chance. */
const SURPLUS_FREE = 0.01
/** What a node that joins begins with. */
const FIRST_RAMP = 0.1
/** Changes of an agent's figure that are not worth moving clients for. */
const AGENT_HYSTERESIS = 0.05

/** What the operator sets. */
export interface PolicyRules {
  /** Until a node that joins or recovers has its full share; 0 = at once. */
  readonly slowStartMs: number
}

/** What the policy remembers of a node that may own slots. */
export interface NodeBalance {
  /** 4..256, by its load: 256 = nothing holds it back. */
  readonly weight: number
  /** The share, 0..1, that its load asks for, smoothed. */
  readonly asked: number
  readonly overload: Overload
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
 * draining the last node must not stop the service.
 */
export function usableMembers(members: readonly Member[]): readonly Member[] {
  const ok = members.filter((member) => member.health === 'ok')
  return ok.length > 0 ? ok : members.filter((member) => member.health === 'draining')
}

/**
 * The balance after a report. Health, capacity and an agent's figure count at once; weights go a step towards what loads ask for, at most every 5 s, and not while nodes come or go: who has gone leaves its clients to the others in
 * proportion, and nobody else's move.
 */
export function nextBalance(before: Balance, members: readonly Member[], rules: PolicyRules, nowMs: number): Balance {
  const usable = usableMembers(members)
  const startedAtMs = before.startedAtMs ?? nowMs
  // All nodes of a group that is just starting are as cold: ramps against each other would only move clients about.
  const isNew = before.nodes.size === 0 && before.adopted.size === 0
  const isStarting = isNew || nowMs - startedAtMs < rules.slowStartMs
  const sameNodes = usable.length === before.nodes.size && usable.every(({ address }) => before.nodes.has(address))
  const isDue = sameNodes && nowMs - before.adjustedAtMs >= ADJUST_EVERY_MS
  const targets = targetsOf(before, usable)
  const adopted = adoptedRates(before.adopted, usable)
  const roomy = usable.filter(({ address }) => isRoomy(before.nodes.get(address), nowMs))
  const moved = usable.map((member) => {
    const { address } = member
    const known = before.nodes.get(address)
    const target = targets.get(address)!
    const taken = known === undefined ? adopted.get(address) : undefined
    const isFull = isStarting || rules.slowStartMs === 0
    // Loads are looked at later by who takes over: his figures may be old, and he shall move nobody.
    const judged =
      taken === undefined
        ? withAgent(withOverload(known ?? joined(member, target, isFull, nowMs), member, roomy, rules, nowMs), member)
        : takenOver(member, taken, rules, nowMs)
    return [member, isDue ? adjusted(judged, target, rules, nowMs) : judged] as const
  })
  return {
    nodes: withShares(moved),
    adopted: isDue ? NOTHING_ADOPTED : before.adopted,
    startedAtMs,
    adjustedAtMs: isDue || before.startedAtMs === null ? nowMs : before.adjustedAtMs,
  }
}

function joined({ agent }: Member, target: number, isFull: boolean, nowMs: number): NodeBalance {
  return {
    weight: quantised(target * FULL_WEIGHT),
    asked: target,
    overload: NEVER_OVERLOADED,
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
    return { ...joined(member, 1, false, nowMs - rate * slowStartMs), ramp: rate }
  }
  return joined(member, weight / FULL_WEIGHT, true, nowMs)
}

const isRoomy = (node: NodeBalance | undefined, nowMs: number): boolean =>
  node !== undefined && node.agent > 0 && hasRoom(node.overload, nowMs)

/** `roomy`: the members that may be given the clients of others. */
function withOverload(
  node: NodeBalance,
  member: Member,
  roomy: readonly Member[],
  rules: PolicyRules,
  nowMs: number,
): NodeBalance {
  const othersHaveRoom = roomy.some((other) => other.address !== member.address)
  const overload = nextOverload(node.overload, member, othersHaveRoom, nowMs)
  const recovers = node.overload.overloaded && !overload.overloaded && rules.slowStartMs > 0
  return recovers ? { ...node, overload, rampSinceMs: nowMs, ramp: FIRST_RAMP } : { ...node, overload }
}

function withAgent(node: NodeBalance, { agent }: Member): NodeBalance {
  const says = agent ?? 1
  const isNotable = says === 0 || says === 1 || Math.abs(says - node.agent) >= AGENT_HYSTERESIS
  return isNotable ? { ...node, agent: says } : node
}

function adjusted(node: NodeBalance, target: number, { slowStartMs }: PolicyRules, nowMs: number): NodeBalance {
  const asked = node.asked + (target - node.asked) * SMOOTHING
  const weight = stepTowards(node.weight, asked, target)
  const ramp = node.rampSinceMs === null ? 1 : Math.max(FIRST_RAMP, (nowMs - node.rampSinceMs) / slowStartMs)
  const rampSinceMs = ramp < 1 ? node.rampSinceMs : null
  return { ...node, asked, weight, ramp: Math.min(1, ramp), rampSinceMs }
}

/** With play, as between two gears: the weight follows by as much as what is asked for gets beyond the hysteresis. */
function stepTowards(weight: number, asked: number, target: number): number {
  const goal = asked * FULL_WEIGHT
  // Whom nothing holds back any more goes all the way up, not to within the hysteresis.
  if (target === 1 && goal > FULL_WEIGHT - HYSTERESIS) return FULL_WEIGHT
  const gap = goal - weight
  return Math.abs(gap) <= HYSTERESIS ? weight : quantised(goal - Math.sign(gap) * HYSTERESIS)
}

/**
 * Nobody is refused: where no node copes with the clients of an overloaded one any more, it has its share again, which is small by its
 * weight; where no node may have any new clients, all share them.
 */
function withShares(moved: readonly (readonly [Member, NodeBalance])[]): ReadonlyMap<string, NodeBalance> {
  const othersCope = moved.some(([, { overload, agent }]) => copes(overload) && agent > 0)
  const wanted = moved.map(([{ capacity }, { weight, ramp, agent, overload }]) =>
    overload.overloaded && othersCope ? 0 : capacity * (weight / FULL_WEIGHT) * ramp * agent,
  )
  const isRefusal = wanted.every((share) => share === 0)
  return new Map(
    moved.map(([{ address, capacity }, node], at) => {
      const share = isRefusal ? capacity * (node.weight / FULL_WEIGHT) : wanted[at]!
      return [address, { ...node, share }]
    }),
  )
}

/** What each node's load asks for, 0.25..1. */
function targetsOf(before: Balance, usable: readonly Member[]): ReadonlyMap<string, number> {
  const surplus = surplusOf(before, usable)
  return new Map(
    usable.map((member) => {
      const byConnections = Math.max(SHARE_AT_MANY_CONNECTIONS, 1 / (1 + surplus(member)))
      return [member.address, Math.max(SHARE_AT_LEAST, byCpu(member.cpu) * byConnections)]
    }),
  )
}

/** Less the busier the CPU is. */
function byCpu(cpu: number): number {
  const busy = (cpu - CPU_FREE) / (CPU_HOT - CPU_FREE)
  return Math.min(1, 1 - busy * (1 - SHARE_AT_HOT_CPU))
}

/**
 * By how much a node's connections exceed its part of all, beyond what chance explains. In proportion, not integrated: this
 * cannot swing, however late connections are counted and however long they last. Nodes that do not get their part of the
 * new clients now have too few, which says nothing of the others.
 */
function surplusOf(before: Balance, usable: readonly Member[]): (member: Member) => number {
  const isSettled = ({ address }: Member) => {
    const node = before.nodes.get(address)
    return node === undefined || (!node.overload.overloaded && node.rampSinceMs === null)
  }
  const settled = usable.filter(isSettled)
  const entitled = ({ capacity, agent }: Member) => capacity * (agent ?? 1)
  const connections = settled.reduce((sum, { activeConnections }) => sum + activeConnections, 0)
  const capacity = settled.reduce((sum, member) => sum + entitled(member), 0)
  return (member) => {
    const expected = capacity === 0 ? 0 : (connections * entitled(member)) / capacity
    if (expected === 0 || !isSettled(member)) return 0
    const free = SURPLUS_FREE + 0.5 / Math.sqrt(expected)
    return Math.max(0, member.activeConnections / expected - 1 - free)
  }
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
