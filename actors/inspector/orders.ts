/** What an operator may order over the control socket, and when it is refused. Pure. */
import { OWNER_PRIORITY } from '../../runtime/wire/vrrp.ts'
import type { GatewayStatus, InstanceStatus, NodeStatus } from './messages.ts'

/** Which instances to hand over to another node, or why that cannot be. */
export type FailoverPlan =
  | { readonly ok: true; readonly instances: readonly InstanceStatus[] }
  | { readonly ok: false; readonly reason: string }

const refused = (reason: string): FailoverPlan => ({ ok: false, reason })

/** `name`: of the instance; null = all that this node leads. `force`: although nobody is known to be there. */
export function planFailover(status: GatewayStatus, name: string | null, force: boolean): FailoverPlan {
  const asked = status.instances.filter((instance) => name === null || instance.name === name)
  if (asked.length === 0) {
    const known = status.instances.map((instance) => instance.name).join(', ')
    return refused(`there is no instance ${name} here; known: ${known}`)
  }
  const led = asked.filter(({ role }) => role === 'director')
  if (led.length === 0) return refused(whoIsDirector(status, asked, name))
  const busy = led.find(({ handOver }) => handOver?.outcome === 'underWay')
  if (busy !== undefined) return refused('a hand-over is under way already')
  // Rule 13: the owner always preempts, also what it has just given.
  if (!force && led.some(({ priority }) => priority === OWNER_PRIORITY)) {
    const text = 'this node owns the virtual IPs (priority 255) and would take them back at once'
    return refused(`${text}; --force does it nevertheless`)
  }
  const others = status.nodes.filter(({ self }) => !self)
  if (force || others.some(({ state }) => state === 'ok')) return { ok: true, instances: led }
  const known = others.map((node) => `${node.name} is ${node.state}`).join(', ')
  return refused(`no other node could take over: ${known || 'none is known'}; --force does it nevertheless`)
}

function whoIsDirector({ nodes }: GatewayStatus, asked: readonly InstanceStatus[], name: string | null): string {
  const self = `this node is not the director${name === null ? '' : ` of ${name}`}`
  const masters = new Set(asked.flatMap(({ masterIp }) => masterIp ?? []))
  if (masters.size === 0) return `${self}, and none is known`
  const named = [...masters].map((masterIp) => {
    const director = nodes.find(({ address }) => address === masterIp)
    return director === undefined ? masterIp : `${director.name} (${masterIp})`
  })
  return `${self}: ${named.join(', ')} ${named.length === 1 ? 'is' : 'are'}; order it there`
}

/** Which node an order is for, or why it cannot be. */
export type NodePlan =
  | { readonly ok: true; readonly node: NodeStatus }
  | { readonly ok: false; readonly reason: string }

/** `asked`: a node's name or management IP. A scanning node knows itself and the directors, so orders only those. */
export const planPresent = (status: GatewayStatus, asked: string): NodePlan =>
  planFor(status, asked, ({ left, missing }) => !left && !missing)

/** The same for a node that is gone: who is heard is not forgotten. */
export function planForget(status: GatewayStatus, asked: string): NodePlan {
  const plan = planFor(status, asked, ({ state }) => state === 'stale')
  if (!plan.ok || plan.node.state === 'stale') return plan
  const { name, address, state } = plan.node
  return {
    ok: false,
    reason: `${name} (${address}) is ${state}: who is heard is not forgotten; stop its gateway first`,
  }
}

/** Of several nodes of one name, as where a host was replaced, those that are likely are meant. */
function planFor({ nodes, role }: GatewayStatus, asked: string, isLikely: (node: NodeStatus) => boolean): NodePlan {
  const named = nodes.filter(({ name, address }) => address === asked || name === asked)
  const likely = named.filter(isLikely)
  const meant = likely.length > 0 ? likely : named
  const [node, another] = meant
  if (node !== undefined && another === undefined) return { ok: true, node }
  if (node !== undefined) {
    const addresses = meant.map(({ address }) => address).join(', ')
    return { ok: false, reason: `several nodes have the name ${asked}: give the address of one, ${addresses}` }
  }
  const known = nodes.map(({ name, address }) => `${name} (${address})`).join(', ')
  const where = role === 'director' ? '' : '; the director knows all: order it there, or at the node itself'
  return { ok: false, reason: `no node ${asked} is known here; known: ${known}${where}` }
}
