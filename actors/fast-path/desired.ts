import { foldRoles } from '../elector/messages.ts'
import { redirectsOf } from './ruleset/continued-ports.ts'
import type { Ruleset } from './ruleset/ruleset-types.ts'
import type { FastPathState } from './state.ts'
import { guessesNoMore, knowsWhatNextKnows, roleOfOther } from './staying/giving-way.ts'
import { isReachable } from './staying/reachable.ts'
import { stayingPins } from './staying/staying.ts'

/**
 * What the kernel should have now; undefined while that is not known. A host that is being stopped leads nothing: it
 * goes on serving what clients have opened here.
 */
export function desiredRuleset(state: FastPathState): Ruleset | undefined {
  const { settings, ports, device, group, stopping, leftBehind, formerMacs, found } = state
  if (device === null || group === null) return undefined
  const led = new Set(stopping ? [] : foldRoles(state.roles).virtualIps)
  const beginsNothing = leftBehind.length > 0
  const isForwarding = led.size > 0 || group.dealtHere
  const roleOf = (address: string) => (led.has(address) ? 'director' : roleOfOther(state, address))
  const endingPorts = ports.flatMap(({ originalPort, ending }) => (ending ? [originalPort] : []))
  const {
    interfaceName,
    managementIp,
    virtualIps,
    portRanges,
    pinTimeoutS,
    tableSize,
    fencedAfterMs,
    hidesUnlistened,
  } = settings
  return {
    interfaceName,
    mac: device.mac,
    managementIp,
    virtualIps: virtualIps.map((address) => ({ address, role: roleOf(address) })),
    redirects: redirectsOf(ports),
    ...(portRanges === undefined || portRanges.length === 0 ? {} : { portRanges }),
    ...(endingPorts.length === 0 ? {} : { endingPorts }),
    nodes: group.nodes.map((node) => {
      const { mark, mac, self, takesNew } = node
      return { mark, mac, self, takesNew: takesNew && !beginsNothing, reachable: isReachable(state, node) }
    }),
    formerMacs: [...formerMacs.keys()],
    slots: group.slots,
    ...(group.tied.length === 0 ? {} : { tied: group.tied }),
    ...(state.former === null || !isForwarding ? {} : { former: state.former }),
    // Where there was no assignment yet, the director may just not know.
    refusing: group.generation > 0 && !beginsNothing && !group.nodes.some(({ takesNew }) => takesNew),
    // Of both the last counts: what packets have written.
    pins: [...stayingPins(state), ...adopted(state, found?.pins)],
    connections: adopted(state, found?.connections),
    pinTimeoutS,
    hearing: state.hearing !== null || (led.size === 0 && guessesNoMore(state)),
    givingWay: knowsWhatNextKnows(state),
    tableSize,
    fencedAfterMs,
    hidesUnlistened,
  }
}

/** What was found, as far as its node is still known. */
function adopted<Item extends { readonly mac: string }>(
  { group, device }: FastPathState,
  items: readonly Item[] = [],
): readonly (Omit<Item, 'mac'> & { readonly mark: number })[] {
  const marks = new Map(group?.nodes.map(({ mac, mark, self }) => [self ? (device?.mac ?? mac) : mac, mark]))
  return items.flatMap(({ mac, ...item }) => {
    const mark = marks.get(mac)
    return mark === undefined ? [] : [{ ...item, mark }]
  })
}
