/**
 * Whether the proxies of the other nodes answer this one, which is director: their beacons may arrive where a packet filter or
 * a route keeps clients away. Pure; the shell does the tries.
 *
 *     sweep timer --> tryNode (each other node that says it is well) --tried--> failed once: tryNode, again at once
 *                                                                           --> failed twice: unreached, until it answers
 */
import { type Warning, warning } from '../../runtime/actor-system/inspection/warning.ts'
import type { Member } from '../discovery/messages.ts'

/** Tries in a row that must fail. */
const FALL = 2
/** A subnet answers within a millisecond; a busy host takes longer. */
export const TRY_TIMEOUT_MS = 1000

/** What came of one try of a node, by port. */
export interface PortTry {
  readonly port: number
  /** Null: it answered. */
  readonly problem: string | null
}

/** Of one node: its ports that failed at the last try, and how often in a row each has. */
type Failures = ReadonlyMap<number, { readonly times: number; readonly problem: string }>

/** By management IP; who is not in it answers. */
export type Reach = ReadonlyMap<string, Failures>

/** What to try of a node. */
export interface TryNode {
  readonly type: 'tryNode'
  readonly address: string
  readonly ports: readonly number[]
}

/** The tries that are due: of nodes that would get clients. */
export function dueTries(members: readonly Member[], ports: readonly number[]): readonly TryNode[] {
  if (ports.length === 0) return []
  return members.flatMap(({ address, self, health, failedPorts }) => {
    const wanted = ports.filter((port) => !failedPorts.includes(port))
    return self || health !== 'ok' || wanted.length === 0 ? [] : [{ type: 'tryNode', address, ports: wanted }]
  })
}

/** After a try; `again`: ports of which one more try decides. */
export function afterTry(
  before: Reach,
  address: string,
  tries: readonly PortTry[],
): { readonly reach: Reach; readonly again: readonly number[] } {
  const failures = new Map(before.get(address))
  for (const { port, problem } of tries) {
    if (problem === null) failures.delete(port)
    else failures.set(port, { times: Math.min(FALL, (failures.get(port)?.times ?? 0) + 1), problem })
  }
  const again = tries.flatMap(({ port }) => (failures.get(port)?.times === FALL - 1 ? [port] : []))
  const reach = new Map(before)
  if (failures.size === 0) reach.delete(address)
  else reach.set(address, failures)
  return { reach, again }
}

/** Of the nodes that are members still, and of their ports those that they do not call failed themselves. */
export function reachOf(reach: Reach, members: readonly Member[]): Reach {
  const kept = Array.from(reach, ([address, failures]) => {
    const member = members.find((each) => each.address === address)
    const said = [...failures].filter(([port]) => member !== undefined && !member.failedPorts.includes(port))
    return [address, new Map(said)] as const
  })
  return new Map(kept.filter(([, failures]) => failures.size > 0))
}

/** Of the ports that are tried still. */
export function reachBy(reach: Reach, ports: readonly number[]): Reach {
  const kept = Array.from(reach, ([address, failures]) => {
    return [address, new Map([...failures].filter(([port]) => ports.includes(port)))] as const
  })
  return new Map(kept.filter(([, failures]) => failures.size > 0))
}

/** Ports of a node that do not answer. */
export const unreachedPorts = (reach: Reach, address: string): readonly number[] =>
  [...(reach.get(address) ?? [])].flatMap(([port, { times }]) => (times >= FALL ? [port] : []))

/**
 * The members with what was found of them: one that does not answer is as good as one that has failed, as a whole or, `perPort`,
 * for that port. Where nobody else is left, those that say they are well have the benefit of the doubt.
 */
export function withReach(
  members: readonly Member[],
  reach: Reach,
  ports: readonly number[],
  perPort: boolean,
): readonly Member[] {
  if (reach.size === 0) return members
  const judged = members.map((member): Member => {
    const unreached = unreachedPorts(reach, member.address)
    if (unreached.length === 0 || member.health !== 'ok') return member
    const failedPorts = [...new Set([...member.failedPorts, ...unreached])]
    const isPartly = perPort && ports.some((port) => !failedPorts.includes(port))
    return { ...member, failedPorts, health: isPartly ? 'ok' : 'failure' }
  })
  return judged.some(({ health }) => health === 'ok') ? judged : members
}

/** What is said of a node that does not answer; null: it does. */
export function unreachedText({ name, address }: Pick<Member, 'name' | 'address'>, reach: Reach): string | null {
  const ports = unreachedPorts(reach, address)
  if (ports.length === 0) return null
  const problems = [...new Set(ports.map((port) => reach.get(address)!.get(port)!.problem))].join(', ')
  const what = `${name} (${address}): its proxy port ${ports.join(', ')} does not answer this node (${problems}), although it says that it listens`
  return `${what}: it gets no new clients; is the port filtered?`
}

export function unreachedWarnings(member: Pick<Member, 'name' | 'address'>, reach: Reach): readonly Warning[] {
  const text = unreachedText(member, reach)
  return text === null ? [] : [warning('proxy-unreached', member.address, text)]
}
