import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type HostProcess, startProcess } from './processes.ts'
import { sandboxDirectory } from './sandbox.ts'
import type { Topology } from './topology.ts'

/** A node of a group: its host, the address of that, and its priority as director. */
export interface NodePlan {
  readonly host: string
  readonly ip: string
  readonly priority: number
}

/** Their addresses, as a topology has them. */
export const hostsOf = (nodes: readonly NodePlan[]): Topology['hosts'] =>
  Object.fromEntries(nodes.map(({ host, ip }) => [host, [ip]]))

/** What the configurations of a group's nodes have in common. */
export interface GroupPlan {
  /** With its prefix. */
  readonly virtualIp: string
  /** The entries of its one redirect, as YAML in flow style. */
  readonly redirect: string
  /** More lines of YAML. */
  readonly settings?: string
}

/** Of groups that never leave this machine. */
export const clusterKey = 'a key that only this machine knows'

const proxyha = fileURLToPath(new URL('../../../bin/proxyha', import.meta.url))

/** The YAML file of a gateway, as an operator would write it. */
export function gatewayYaml(node: NodePlan, { virtualIp, redirect, settings = '' }: GroupPlan, socket: string): string {
  return `name: ${node.host}
interface: eth0
managementIp: ${node.ip}
directorPriority: ${node.priority}
virtualIps: ['${virtualIp}']
redirects: [{ ${redirect} }]
cluster: { key: "${clusterKey}" }
control: { socket: ${socket} }
${settings}
`
}

/** The control socket of the gateway on a host. */
export const socketOf = (host: string): string => `${sandboxDirectory}/${host}.sock`

/** Writes a node's configuration, by which it goes from its next start or reload. The file. */
export function configure(node: NodePlan, group: GroupPlan): string {
  const file = `${sandboxDirectory}/${node.host}.yaml`
  writeFileSync(file, gatewayYaml(node, group, socketOf(node.host)))
  return file
}

/** Starts the gateway of a node, as its operator would. */
export const startGateway = (
  node: NodePlan,
  group: GroupPlan,
  onLine: (line: string) => void,
  env: Readonly<Record<string, string>> = {},
): HostProcess => startProxyha(node.host, ['run', '-c', configure(node, group)], onLine, env)

/** `proxyha ARGUMENTS...` on a host. */
export const startProxyha = (
  host: string,
  args: readonly string[],
  onLine = (_line: string) => {},
  env: Readonly<Record<string, string>> = {},
): HostProcess =>
  startProcess({ host, command: proxyha, args, env: { PROXYHA_NODE: process.execPath, ...env }, onLine })
