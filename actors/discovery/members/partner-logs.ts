import type { DiscoveryEffect, DiscoveryState, KnownNode } from '../state.ts'
import { healthOf } from './membership.ts'

/**
 * What the operator follows a failover by, the same on every node: of the directors as it hears them itself, of the others as their
 * director says.
 */
export function partnerLogs(before: DiscoveryState, after: DiscoveryState): readonly DiscoveryEffect[] {
  if (before.nodes === after.nodes) return []
  return [...after.nodes.values()].flatMap((known): readonly DiscoveryEffect[] => {
    const was = before.nodes.get(known.address)
    const usable = isUsable(known)
    if (was !== undefined && isUsable(was) === usable) return []
    // Stopped in order it has not failed: a line of our own.
    const line = `Scanning partner has ${usable ? 'joined' : known.left ? 'left' : 'failed'} ${known.address}`
    const fields = { node: known.node.name, health: healthOf(known.node, known.stale) }
    return [{ type: 'log', level: usable || known.left ? 'info' : 'warn', line, fields }]
  })
}

const isUsable = ({ node, stale }: KnownNode): boolean => !stale && node.monitor === 'ok'
