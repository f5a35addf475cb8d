/** What becomes of the nodes, as the timeline of this one tells it: the same on every node that knows of them. */
import type { TimelineHappening } from '../inspector/messages.ts'
import { isDrained } from './draining/drain-state.ts'
import type { DiscoveryEffect, DiscoveryState, GoneNode, KnownNode } from './state.ts'

/** What this step has changed. Of its own proxies this node's port monitor tells. */
export function happenings(before: DiscoveryState, after: DiscoveryState): readonly DiscoveryEffect[] {
  const own = ownHappenings(before, after)
  const isSameGroup = before.nodes === after.nodes && before.gone === after.gone
  const all = isSameGroup ? own : [...own, ...othersHappenings(before, after)]
  return all.map((happening) => ({ type: 'happened', ...happening }))
}

type Told = Pick<TimelineHappening, 'kind' | 'level' | 'what'>

const drained: Told = { kind: 'drained', level: 'info', what: 'has no connection left' }

function ownHappenings(before: DiscoveryState, after: DiscoveryState): readonly Told[] {
  const told = [...drainChange(ownDraining(before), ownDraining(after))]
  const { maint } = after
  if (maint?.due === true && before.maint?.due !== true)
    told.push({ kind: 'maint', level: 'info', what: 'resets what is open: the time of its maintenance is over' })
  return isDrained(after) && !isDrained(before) ? [...told, drained] : told
}

/** What a node is to those who send it clients. */
type Draining = 'no' | 'drain' | 'maint'

const ownDraining = ({ draining, maint }: DiscoveryState): Draining =>
  draining ? (maint === null ? 'drain' : 'maint') : 'no'

function drainChange(was: Draining, is: Draining): readonly Told[] {
  if (was === is) return []
  if (is === 'no') return [{ kind: 'undrain', level: 'info', what: 'gets new connections' }]
  const why = is === 'maint' ? 'is in maintenance' : 'drains'
  return [{ kind: is, level: 'info', what: `${why}: it gets no new connections` }]
}

function othersHappenings(before: DiscoveryState, after: DiscoveryState): readonly TimelineHappening[] {
  const addresses = new Set([
    ...before.nodes.keys(),
    ...before.gone.keys(),
    ...after.nodes.keys(),
    ...after.gone.keys(),
  ])
  return [...addresses].flatMap((address) => {
    const [was, is] = [before, after].map(({ nodes, gone }) => nodes.get(address) ?? gone.get(address))
    if (was === is) return []
    const told = is === undefined ? forgotten(address, before, after) : changeOf(was, is)
    const node = (is ?? was)?.node.name ?? address
    return told.map((one) => ({ ...one, node, address }))
  })
}

const forgotten = (address: string, before: DiscoveryState, after: DiscoveryState): readonly Told[] =>
  after.forgets.has(address) && !before.forgets.has(address)
    ? [{ kind: 'forget', level: 'info', what: 'is forgotten: it is not missed any more' }]
    : []

type Node = KnownNode | GoneNode
type Presence = 'unknown' | 'missing' | 'left' | 'failed' | 'there'

function presenceOf(node: Node | undefined): Presence {
  if (node === undefined) return 'unknown'
  if (!('stale' in node) || node.stale) return node.left ? 'left' : 'missing'
  return node.node.monitor === 'failure' ? 'failed' : 'there'
}

function changeOf(was: Node | undefined, is: Node): readonly Told[] {
  const [before, after] = [presenceOf(was), presenceOf(is)]
  const presence = before === after ? [] : presenceChange(before, after, is)
  // What a node that is gone said last is no news.
  if (after === 'missing' || after === 'left') return presence
  const draining = drainChange(was === undefined ? 'no' : drainingOf(was), drainingOf(is))
  const isNews = is.node.drained && was?.node.drained !== true
  return [...presence, ...draining, ...(isNews ? [drained] : [])]
}

const drainingOf = ({ node: { draining, maint } }: Node): Draining =>
  maint !== 'off' ? 'maint' : draining ? 'drain' : 'no'

function presenceChange(before: Presence, after: Presence, { node }: Node): readonly Told[] {
  const isNew = before === 'unknown' || before === 'left'
  switch (after) {
    case 'missing':
      return [{ kind: 'nodeMissing', level: 'failure', what: 'is not heard any more' }]
    case 'left':
      return before === 'unknown' ? [] : [{ kind: 'nodeLeft', level: 'info', what: 'was stopped' }]
    case 'failed': {
      const ports = node.failedPorts.join(', ')
      const why = ports === '' ? 'it says so itself' : `its proxy fails on port ${ports}`
      return [{ kind: 'nodeFailed', level: 'failure', what: `failed: ${why}` }]
    }
    case 'there':
      if (isNew) return [{ kind: 'nodeJoined', level: 'info', what: 'joined' }]
      return [{ kind: 'nodeReturned', level: 'info', what: before === 'missing' ? 'is back' : 'serves again' }]
    case 'unknown':
      return []
    default:
      return after satisfies never
  }
}
