import { maintenanceOf, ownsSlots } from './draining/drain-state.ts'
import { selfNode } from './members/membership.ts'
import type { UpkeepMessage } from './messages.ts'
import type { DiscoveryEffect, DiscoveryEvent, DiscoveryState } from './state.ts'

/** As ever: connections are counted, and left alone. */
const NOTHING: UpkeepMessage = { type: 'upkeep', draining: false, resets: false, group: [] }

/** What becomes of the connections to this node, for whoever looks after its sockets. */
function upkeepOf(state: DiscoveryState): UpkeepMessage {
  const { draining, nodes, options } = state
  const hasFailed = options.resetsOnFailure && selfNode(state)?.monitor === 'failure'
  // Whoever serves because nobody else does goes on with what it has.
  const resets = (maintenanceOf(state) === 'due' || hasFailed) && !ownsSlots(state)
  if (!draining && !resets) return NOTHING
  return { type: 'upkeep', draining, resets, group: [options.managementIp, ...nodes.keys()].sort() }
}

/** What the stats reporter has to know, where that has changed or it knows nothing. */
export function upkeepTold(
  before: DiscoveryState,
  after: DiscoveryState,
  event: DiscoveryEvent,
): readonly DiscoveryEffect[] {
  const [was, is] = [upkeepOf(before), upkeepOf(after)]
  const isNews = event.type === 'statsReporterUp' || (was !== is && JSON.stringify(was) !== JSON.stringify(is))
  return isNews ? [{ type: 'send', to: 'stats-reporter', message: is }] : []
}
