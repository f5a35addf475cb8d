/** What an operator may order over the control socket, and when it is refused. Pure. */
import type { GatewayStatus } from './messages.ts'

const OWNER = 255

/** Why this node cannot hand over to another; undefined where it can. `force`: although nobody is known to be there. */
export function failoverObstacle(status: GatewayStatus, force: boolean): string | undefined {
  const { role, vrrp, nodes } = status
  if (role !== 'director') {
    if (vrrp.masterIp === null) return 'this node is not the director, and none is known'
    const director = nodes.find(({ address }) => address === vrrp.masterIp)
    return `this node is not the director: ${director === undefined ? vrrp.masterIp : `${director.name} (${vrrp.masterIp})`} is; order it there`
  }
  if (vrrp.handOver?.outcome === 'underWay') return 'a hand-over is under way already'
  // Rule 13: the owner always preempts, also what it has just given.
  if (!force && vrrp.priority === OWNER) {
    return 'this node owns the virtual IPs (priority 255) and would take them back at once; --force does it nevertheless'
  }
  const others = nodes.filter(({ self }) => !self)
  if (force || others.some(({ state }) => state === 'ok')) return undefined
  const known = others.map(({ name, state }) => `${name} is ${state}`).join(', ')
  return `no other node could take over: ${known || 'none is known'}; --force does it nevertheless`
}
