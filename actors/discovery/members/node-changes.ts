import type { BeaconNode } from '../../../runtime/wire/beacon/node.ts'
import type { NodeChangedMessage } from '../../notifier/messages.ts'
import { assignerAddress, numberOf } from '../directors.ts'
import { isDrained } from '../draining/drain-state.ts'
import { type DiscoveryEffect, type DiscoveryState, RECENT_MS } from '../state.ts'
import { selfNode } from './membership.ts'

/**
 * What the operator is told of nodes, by the one director that assigns, so that a group tells it once. A director that fails is judged by
 * its scanning nodes, perhaps before one of them follows it: it is kept until then, and told by whoever does.
 */
export function withNodeChanges(
  before: DiscoveryState,
  after: DiscoveryState,
  nowMs: number,
): { readonly state: DiscoveryState; readonly effects: readonly DiscoveryEffect[] } {
  const changes = [...healthChanges(before, after), ...drainedNodes(before, after)]
  if (changes.length === 0 && after.untold.size === 0) return { state: after, effects: [] }
  const assigner = assignerAddress(after, nowMs)
  if (after.role === 'director' && assigner === after.options.managementIp) {
    const kept = [...after.untold.values()].filter(({ atMs }) => nowMs - atMs < RECENT_MS).map(({ change }) => change)
    const told = [...kept, ...changes].map((message): DiscoveryEffect => ({ type: 'send', to: 'notifier', message }))
    return { state: { ...after, untold: new Map() }, effects: told }
  }
  // Another one tells of whatever happens but its own failure.
  const untold = new Map([...after.untold].filter(([address]) => assigner === null || assigner === address))
  for (const change of changes) {
    const isOfNobody = assigner === null || assigner === change.address
    if (change.event === 'nodeFailed' && isOfNobody) untold.set(change.address, { change, atMs: nowMs })
    if (change.event === 'nodeReturned') untold.delete(change.address)
  }
  return { state: { ...after, untold }, effects: [] }
}

interface Judged {
  readonly address: string
  readonly node: BeaconNode
  readonly stale: boolean
  readonly left: boolean
}

/** Nodes that serve no more, and those that do again. One that stopped in order has not failed. */
function healthChanges(before: DiscoveryState, after: DiscoveryState): readonly NodeChangedMessage[] {
  if (before.nodes === after.nodes && before.monitor === after.monitor && before.agent === after.agent) return []
  return [...selfJudged(after), ...after.nodes.values()].flatMap((now): readonly NodeChangedMessage[] => {
    const was = judgedBefore(before, now.address)
    if (was === undefined || isUsable(was) === isUsable(now)) return []
    if (isUsable(now)) return was.left ? [] : [changeOf(after, now, 'nodeReturned', 'it serves again')]
    return now.left ? [] : [changeOf(after, now, 'nodeFailed', failureText(now))]
  })
}

const isUsable = ({ node, stale }: Judged): boolean => !stale && node.monitor === 'ok'

function selfJudged(state: DiscoveryState): readonly Judged[] {
  const node = selfNode(state)
  return node === undefined ? [] : [{ address: state.options.managementIp, node, stale: false, left: false }]
}

function judgedBefore(before: DiscoveryState, address: string): Judged | undefined {
  if (address === before.options.managementIp) return selfJudged(before)[0]
  const gone = before.gone.get(address)
  return before.nodes.get(address) ?? (gone === undefined ? undefined : { ...gone, stale: true })
}

function failureText({ node, stale }: Judged): string {
  if (stale) return 'it is not heard any more'
  const ports = node.failedPorts.join(', ')
  return ports === '' ? 'it says that it has failed' : `its proxy fails on port ${ports}`
}

/** Nodes that drain, and have no connection left. */
function drainedNodes(before: DiscoveryState, after: DiscoveryState): readonly NodeChangedMessage[] {
  const self = isDrained(after) && !isDrained(before) ? selfJudged(after) : []
  const others = [...after.nodes.values()].filter(
    ({ node, stale, address }) => !stale && node.drained && before.nodes.get(address)?.node.drained !== true,
  )
  return [...self, ...others].map((judged) => changeOf(after, judged, 'drained', 'it has no connection left'))
}

function changeOf(
  { options }: DiscoveryState,
  { address, node }: Judged,
  event: NodeChangedMessage['event'],
  reason: string,
): NodeChangedMessage {
  const [first] = options.instances
  const priority = (first === undefined ? undefined : node.priorities.get(numberOf(first))) ?? 0
  return { type: 'nodeChanged', event, name: node.name, address, priority, reason }
}
