import type { Member } from '../../../actors/discovery/messages.ts'

/** A member at rest that is well, but for what is given. */
export const memberOf = (address: string, changes: Partial<Member> = {}): Member => ({
  address,
  name: address,
  mac: '',
  self: false,
  director: false,
  health: 'ok',
  lastSeenMs: 0,
  cpu: 0,
  memory: 0,
  pressure: null,
  activeConnections: 0,
  capacity: 100,
  agent: null,
  failedPorts: [],
  drained: false,
  maint: 'off',
  forwarding: 'workers',
  ...changes,
})
