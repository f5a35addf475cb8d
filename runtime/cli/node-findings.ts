/** What the doctor finds about the nodes and this one's proxy. */
import type { GatewayStatus } from '../../actors/inspector/messages.ts'
import type { Finding, FindingRule } from './findings.ts'

/** All rules about nodes. */
export const NODE_RULES: readonly FindingRule[] = [proxyPorts, unusableNodes]

function proxyPorts({ monitor }: GatewayStatus): readonly Finding[] {
  if (monitor.state === 'ok') return []
  const evidence = monitor.ports
    .filter(({ problem }) => problem !== null)
    .map(({ port, problem }) => `port ${port} ${problem}`)
  return [
    {
      code: 'proxy-ports',
      severity: 'problem',
      what: 'the proxy of this node does not listen on all of its ports: it takes no traffic',
      evidence,
      advice: 'start the proxy, unbound (0.0.0.0 or ::); "proxyha check -v" tells when it is right',
    },
  ]
}

function unusableNodes({ nodes }: GatewayStatus): readonly Finding[] {
  return nodes
    .filter(({ self, state }) => !self && (state === 'failure' || state === 'stale'))
    .map(({ name, address, state, lastSeenMs }) => ({
      code: `node-${state}`,
      severity: 'problem',
      what: `${name} (${address}) takes no traffic`,
      evidence: [`it is in ${state}, last heard ${Math.round(lastSeenMs / 1000)} s ago`],
      advice: state === 'stale' ? 'is it running, and does IP protocol 253 pass?' : `run "proxyha doctor" on ${name}`,
    }))
}
