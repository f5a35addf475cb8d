import { foldRoles } from '../elector/roles.ts'
import type { Pin, Ruleset } from './ruleset-types.ts'
import type { FastPathState } from './state.ts'
import { isReachable, slotsForNow, stayingPins } from './staying.ts'

/**
 * What the kernel should have now; undefined while that is not known. A host that is being stopped is director of nothing: it
 * goes on serving what clients have opened here.
 */
export function desiredRuleset(state: FastPathState): Ruleset | undefined {
  const { settings, device, group, stopping } = state
  if (device === null || group === null) return undefined
  const led = new Set(stopping ? [] : foldRoles(state.roles).virtualIps)
  const { interfaceName, managementIp, virtualIps, redirects, pinTimeoutS, tableSize, fencedAfterMs } = settings
  return {
    interfaceName,
    mac: device.mac,
    managementIp,
    virtualIps: virtualIps.map((address) => ({ address, role: led.has(address) ? 'director' : 'node' })),
    redirects,
    nodes: group.nodes.map((node) => {
      const { mark, mac, self, eligible } = node
      return { mark, mac, self, eligible, left: isReachable(state, node) }
    }),
    slots: slotsForNow(state),
    // Of both the last counts: what packets have written.
    pins: [...stayingPins(state), ...adoptedPins(state)],
    pinTimeoutS,
    hearing: state.hearing !== null,
    tableSize,
    fencedAfterMs,
  }
}

/** The pins that were found, of clients whose node is still known. */
function adoptedPins({ found, group, device }: FastPathState): readonly Pin[] {
  if (found === null || group === null) return []
  const marks = new Map(group.nodes.map(({ mac, mark, self }) => [self ? (device?.mac ?? mac) : mac, mark]))
  return found.pins.flatMap(({ client, mac, expiresS }): Pin[] => {
    const mark = marks.get(mac)
    return mark === undefined ? [] : [{ client, mark, ...(expiresS === undefined ? {} : { expiresS }) }]
  })
}
