/** Why slots have moved, for whoever reads the log. */
import type { Member } from '../discovery/messages.ts'
import { foldRoles } from '../elector/messages.ts'
import { explainWeight } from './explanation.ts'
import { unreachedText } from './reach.ts'
import { slotsByOwner } from './rows.ts'
import type { DispatcherEffect, DispatcherState } from './state.ts'

/** Nodes that one line names a reason of. */
const NAMED = 4

/** What has moved, where to, and why. `isTakeover`: it is this node that assigns from now on. */
export function movementLog(
  before: DispatcherState,
  after: DispatcherState,
  moved: number,
  isTakeover: boolean,
): DispatcherEffect {
  const shares = Array.from(slotsByOwner(after), ([address, slots]) => `${address} ${slots}`)
  const now = `slots: ${moved} moved, generation ${after.generation}: ${shares.join(', ') || 'nobody has any'}`
  return { type: 'log', level: 'info', line: [now, ...reasonsOf(before, after, isTakeover)].join('; ') }
}

/** What is known to be another thing than before, in the order of the members; none where nothing is. */
function reasonsOf(before: DispatcherState, after: DispatcherState, isTakeover: boolean): readonly string[] {
  const had = new Set([...slotsByOwner(before).keys(), ...(isTakeover ? [] : before.balance.nodes.keys())])
  const members = new Map([...before.members, ...after.members].map((member) => [member.address, member]))
  const there = [...members.values()].flatMap((member) => {
    const was = before.members.find(({ address }) => address === member.address)
    const why = had.has(member.address) ? changeOf(member, before, after) : arrivalOf(member, was, after)
    return why === null ? [] : [`${member.name} (${member.address}) ${why}`]
  })
  const left = slotsByOwner(after)
  const gone = [...had].filter((address) => !members.has(address) && !left.has(address))
  const all = [
    ...(isTakeover ? ['this node assigns them from now on'] : []),
    ...there,
    ...gone.map((address) => `${address} is gone`),
  ]
  return all.length > NAMED ? [...all.slice(0, NAMED), `${all.length - NAMED} more`] : all
}

/** Why a node has slots now that had none. */
function arrivalOf(member: Member, was: Member | undefined, after: DispatcherState): string | null {
  if (!after.balance.nodes.has(member.address)) return null
  if (was === undefined) return 'has joined'
  switch (was.health) {
    case 'failure':
      return 'works again'
    case 'stale':
      return 'is heard again'
    case 'draining':
      return member.health === 'draining' ? 'drains, but no other node works' : 'drains no more'
    case 'ok':
      return null
    default:
      return was.health satisfies never
  }
}

/** Why a node has others than before, or none. */
function changeOf(member: Member, before: DispatcherState, after: DispatcherState): string | null {
  const { address, health } = member
  const node = after.balance.nodes.get(address)
  if (node !== undefined) {
    const share = before.balance.nodes.get(address)?.share
    return share === undefined || share === node.share ? null : `is weighed anew: ${explainWeight(member, node)}`
  }
  if (!after.members.some((one) => one.address === address)) return 'is gone'
  switch (health) {
    case 'failure':
      return 'has failed'
    case 'stale':
      return 'is not heard any more'
    case 'draining':
      return 'drains'
    case 'ok':
      return unreachedText(member, after.reach) === null ? 'takes no frames: it is in workers mode' : 'does not answer'
    default:
      return health satisfies never
  }
}

/** Whether this node spreads connections, in the words of the original; when that changes. */
export function spreadingLogs(before: DispatcherState, after: DispatcherState): readonly DispatcherEffect[] {
  const [was, is] = [before, after].map(({ roles }) => foldRoles(roles).role)
  const isNews = was !== is && (is !== 'initializing' || was === 'director')
  return isNews ? [{ type: 'log', level: 'info', line: `set lbnetwork ${is === 'director' ? 1 : 0}` }] : []
}
