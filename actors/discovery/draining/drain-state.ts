/** How far the draining of this node is. */
import type { Maintenance } from '../../../runtime/wire/beacon/node.ts'
import type { DiscoveryState } from '../state.ts'

/** The directors have heard of it by then, and handshakes that were under way are over. */
const SETTLED_MS = 2000

/** What the beacons say of it. */
export const maintenanceOf = ({ maint }: DiscoveryState): Maintenance =>
  maint === null ? 'off' : maint.due ? 'due' : 'on'

/** New clients are sent to this node, as far as it knows. */
export const ownsSlots = ({ assignment, options }: DiscoveryState): boolean =>
  assignment?.nodes.includes(options.managementIp) ?? false

/** Draining, and no connection is left: by a count that was made when new ones had long gone elsewhere. */
export const isDrained = ({ draining, drainingSinceMs, countedAtMs, load }: DiscoveryState): boolean =>
  draining && load.activeConnections === 0 && countedAtMs !== null && countedAtMs - drainingSinceMs >= SETTLED_MS
