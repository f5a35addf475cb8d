import type { Ruleset, RulesetNode } from '../../../actors/fast-path/ruleset/ruleset-types.ts'
import { SLOT_COUNT } from '../../../runtime/table/layout.ts'

export const macOf = (mark: number): string => `02:00:00:00:00:${mark.toString(16).padStart(2, '0')}`

/** Nodes 1..count, the first of them this host, all of them for new clients. */
export const nodesOf = (count: number): RulesetNode[] =>
  Array.from({ length: count }, (_, index) => ({
    mark: index + 1,
    mac: macOf(index + 1),
    self: index === 0,
    takesNew: true,
    reachable: true,
  }))

/** Every slot is owned by the node whose mark `mark` says. */
export const slotsOf = (mark: (slot: number) => number): Uint8Array =>
  new Uint8Array(SLOT_COUNT).map((_, slot) => mark(slot))

/** Three nodes with a third of the slots each, and one VIP of IPv4. */
export function rulesetOf(changes: Partial<Ruleset> = {}): Ruleset {
  return {
    interfaceName: 'eth0',
    mac: macOf(1),
    managementIp: '10.77.0.2',
    virtualIps: [{ address: '10.77.0.10', role: 'director' }],
    redirects: [{ originalPorts: [9090], proxyPort: 9090 }],
    nodes: nodesOf(3),
    slots: slotsOf((slot) => (slot % 3) + 1),
    pins: [],
    pinTimeoutS: 600,
    tableSize: 65_536,
    ...changes,
  }
}
