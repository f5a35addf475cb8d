import type { Role, RoleMessage } from './messages.ts'

/** What a node is by all its instances together. */
export interface NodeRole {
  /** Director of any instance; else scanning, once one of them is. */
  readonly role: Role
  /** The virtual IPs that it leads. */
  readonly virtualIps: readonly string[]
}

/** Folds what the electors said last, by instance, into one role of the node. */
export function foldRoles(roles: ReadonlyMap<string, Pick<RoleMessage, 'role' | 'virtualIps'>>): NodeRole {
  const said = [...roles.values()]
  const led = said.filter(({ role }) => role === 'director')
  const role = led.length > 0 ? 'director' : said.some((one) => one.role === 'scanning') ? 'scanning' : 'initializing'
  return { role, virtualIps: led.flatMap(({ virtualIps }) => virtualIps) }
}
