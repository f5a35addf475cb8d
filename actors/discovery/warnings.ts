import { type Warning, warning } from '../../runtime/actor-system/inspection/warning.ts'
import { virtualRouterText } from '../../runtime/wire/beacon/body.ts'
import { samePriorityText } from '../elector/messages.ts'
import { REFUSAL_STANDS_MS, refusalWarnings } from './beacons/refusals.ts'
import { RENEWAL_TEXT, wasRenewed } from './beacons/renewal.ts'
import { deafDirectors } from './claims.ts'
import { heardDirectors, numberOf, termPauseMs } from './directors.ts'
import { keyWarnings } from './members/key-use.ts'
import { staleAfterMs } from './options.ts'
import { compactSettings, differences, type SettingDifference } from './settings.ts'
import type { DiscoveryState } from './state.ts'

const NO_KEY = warning('cluster-key', null, 'cluster.key is not set: beacons are not authenticated')

const deafWarning = (address: string): Warning =>
  warning(
    'not-heard-there',
    address,
    `hellos from ${address} are refused: they do not name this node: does IP protocol 253 not arrive there, or does somebody play back a recording?`,
  )

/** What the operator should mend, now. */
export function warningsOf(state: DiscoveryState, nowMs: number): readonly Warning[] {
  const { keys, insecure } = state.options
  return [
    ...(keys.length === 0 && !insecure ? [NO_KEY] : []),
    ...keyWarnings(state, nowMs),
    ...settingWarnings(state),
    ...splitWarnings(state, nowMs),
    ...priorityWarnings(state),
    ...strangeDirectors(state, nowMs),
    ...refusalWarnings(state, nowMs),
    ...deafDirectors(state, nowMs).map(deafWarning),
    ...(wasRenewed(state.renewedAtMs, nowMs) ? [warning('put-back', null, RENEWAL_TEXT)] : []),
    ...(state.fullAtMs !== null && nowMs - state.fullAtMs < REFUSAL_STANDS_MS
      ? [warning('too-many-nodes', null, 'more than 64 nodes are heard: the others are ignored')]
      : []),
  ]
}

function settingWarnings(state: DiscoveryState): readonly Warning[] {
  const ours = compactSettings(state.options.settings)
  const differing = [...state.nodes.values()].filter((known) => known.settingsDiffer)
  return differing.flatMap((known) => {
    const who = `${known.node.name} (${known.address})`
    // Only the director has the settings of all; the others learn from it that there is something to mend.
    if (known.settings === null) {
      const text = `the settings of ${who} are not those of the director, whose status names them`
      return warning('settings-differ', known.address, text)
    }
    return differences(ours, known.settings).map((difference) =>
      warning(
        difference.name === 'forwarding' ? 'forwarding-differs' : 'settings-differ',
        known.address,
        differenceText(who, difference),
      ),
    )
  })
}

const differenceText = (who: string, { name, ours, theirs }: SettingDifference) =>
  `setting ${name} differs: ${theirs ?? 'not set'} at ${who}, ${ours ?? 'not set'} here`

/** Two nodes of one priority: both say so, whichever of them leads. */
function priorityWarnings({ options, nodes }: DiscoveryState): readonly Warning[] {
  return options.instances.flatMap((instance) => {
    const same = [...nodes.values()].filter(
      ({ node, stale }) => !stale && node.priorities.get(numberOf(instance)) === instance.priority,
    )
    const name = options.instances.length > 1 ? `${instance.name}: ` : ''
    return same.map(({ address }) =>
      warning('same-priority', address, `${name}${samePriorityText(address, instance.priority)}`),
    )
  })
}

/** Two nodes say that they are director of the same virtual router, and have for longer than a hand-over there and back takes. */
function splitWarnings(state: DiscoveryState, nowMs: number): readonly Warning[] {
  const claims = heardDirectors(state, nowMs).flatMap(({ address, terms }) =>
    [...terms].map(([router, term]) => ({ address, router, ...term })),
  )
  const own = [...state.ledSinceMs].map(([router, firstMs]) => {
    return { address: state.options.managementIp, router, firstMs, lastMs: nowMs }
  })
  const all = [...own, ...claims]
  const pairs = all.flatMap((one, at) => all.slice(at + 1).map((other) => [one, other] as const))
  return pairs
    .filter(([one, other]) => one.router === other.router)
    .filter(
      ([one, other]) =>
        Math.min(one.lastMs, other.lastMs) - Math.max(one.firstMs, other.firstMs) > termPauseMs(state.options),
    )
    .map(([one, other]) => warning('two-directors', other.address, splitText(one.address, other.address, one.router)))
}

/** VRRP names a director of which no beacon is taken, and has for longer than one needs. IPv6 adverts come from link-local addresses. */
export function strangeDirectors(
  { options, roles, nodes, masterSinceMs }: DiscoveryState,
  nowMs: number,
): readonly Warning[] {
  const patienceMs = 2 * staleAfterMs(options)
  return options.instances.flatMap(({ name, family, virtualRouterId }) => {
    const { role, masterAddress = null } = roles.get(name) ?? {}
    const isStrange = masterAddress !== null && masterAddress !== options.managementIp && !nodes.has(masterAddress)
    if (family === 'ipv6' || role === 'director' || !isStrange) return []
    if (nowMs - (masterSinceMs.get(name) ?? nowMs) < patienceMs) return []
    const text = `${masterAddress} leads VRID ${virtualRouterId}, and is none of this group's nodes: no beacon of it is taken; does somebody else use this VRID?`
    return [warning('director-without-beacons', masterAddress, text)]
  })
}

const splitText = (one: string, other: string, router: number) =>
  `two directors are heard, ${one} and ${other}, both of ${virtualRouterText(router)}: is the network split, or IP protocol 112 filtered?`
