/** What is told of nodes that do not serve: at once, and until they do again or an operator forgets them. */
import { type Warning, warning } from '../../../runtime/actor-system/inspection/warning.ts'
import { deafDirectors } from '../claims.ts'
import type { MemberStatus } from '../messages.ts'
import type { DiscoveryState } from '../state.ts'
import { silentNodes } from './gone.ts'
import { keyUseOf } from './key-use.ts'
import { figuresOf, knownMembers, selfNode } from './membership.ts'
import { trafficOf } from './traffic.ts'

/** So long one that stopped in order is told of. Its host keeps its place after that, too: connections may go on there. */
const LEFT_TOLD_MS = 86_400_000

/** All nodes that are known, those that are gone as well. `wallMs`: what `nowMs` is by the calendar. */
export function memberStatuses(state: DiscoveryState, nowMs: number, wallMs: number): readonly MemberStatus[] {
  const members = knownMembers(state, nowMs).map((member): MemberStatus => {
    const known = state.nodes.get(member.address)
    const isSilent = member.health === 'stale'
    const left = isSilent && known?.left === true
    const key = keyUseOf(state, member.address, nowMs)
    const missingSince = isSilent && !left ? isoOf(wallMs - member.lastSeenMs) : null
    const traffic = trafficOf(state, member.address, known?.node.traffic ?? null, nowMs)
    return { ...member, source: known?.source ?? 'self', traffic, left, key, missingSince }
  })
  const gone = [...state.gone.values()].map(({ address, node, source, lastSeenMs, left }): MemberStatus => {
    const ageMs = Math.max(0, Math.round(nowMs - lastSeenMs))
    const missingSince = left ? null : isoOf(wallMs - ageMs)
    const ended = { self: false, director: false, health: 'stale', lastSeenMs: ageMs, left, missingSince } as const
    const traffic = trafficOf(state, address, node.traffic, nowMs)
    return { ...figuresOf(node), address, source, traffic, key: null, ...ended }
  })
  return [...members, ...gone]
    .filter(({ left, lastSeenMs }) => !left || lastSeenMs < LEFT_TOLD_MS)
    .sort((a, b) => (a.address < b.address ? -1 : 1))
}

/**
 * The nodes that do not serve, in the same words on every node that knows of them. No lines of the log: what begins is logged
 * when it begins.
 */
export function absenceWarnings(state: DiscoveryState, nowMs: number, wallMs: number): readonly Warning[] {
  const self = selfNode(state)
  const own = self === undefined ? [] : [{ address: state.options.managementIp, node: self, stale: false }]
  const failed = [...own, ...state.nodes.values()].flatMap(({ address, node, stale }) => {
    if (stale || node.monitor === 'ok') return []
    const who = `${node.name} (${address})`
    const ports = node.failedPorts.join(', ')
    const text =
      ports === '' ? `${who} has failed: "proxyha doctor" there says why` : `${who} has failed on port ${ports}`
    return [warning('node-failure', address, text)]
  })
  // Of whom every hello is refused another warning says why.
  const refused = new Set(deafDirectors(state, nowMs))
  const missing = silentNodes(state).flatMap(({ address, node, lastSeenMs, left }) => {
    const since = isoOf(wallMs - Math.round(nowMs - lastSeenMs))
    if (left || refused.has(address)) return []
    return [warning('node-stale', address, missingText(`${node.name} (${address})`, since, address))]
  })
  return [...failed, ...missing]
}

const missingText = (who: string, since: string, address: string) =>
  `${who} is missing since ${since}: does its host run, and proxyha on it? If it is not to come back: proxyha forget ${address}`

/** To the second: of two readings of the same clocks no more is the same. */
const isoOf = (wallMs: number): string => `${new Date(Math.round(wallMs / 1000) * 1000).toISOString().slice(0, 19)}Z`
