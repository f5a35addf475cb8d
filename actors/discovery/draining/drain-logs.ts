import type { Member } from '../messages.ts'
import type { DiscoveryEffect, DiscoveryState } from '../state.ts'
import { isDrained } from './drain-state.ts'

/** A line when the last connection to a node that drains has ended: at the node itself, and at whoever sees it among the members. */
export function drainLogs(
  before: DiscoveryState,
  after: DiscoveryState,
  members: readonly Member[],
): readonly DiscoveryEffect[] {
  const own = !isDrained(before) && isDrained(after) ? [drainedLog(after.options.name, after.options.managementIp)] : []
  const wasDrained = (address: string) => before.nodes.get(address)?.node.drained ?? false
  const others = members.filter(({ self, drained, address }) => !self && drained && !wasDrained(address))
  return [...own, ...others.map(({ name, address }) => drainedLog(name, address))]
}

const drainedLog = (name: string, address: string): DiscoveryEffect => ({
  type: 'log',
  level: 'info',
  line: `drained: ${name} (${address}) has no connection left`,
})
