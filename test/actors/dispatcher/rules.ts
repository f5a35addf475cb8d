import type { DispatcherRules } from '../../../actors/dispatcher/state.ts'

/** What a dispatcher goes by in tests, but for what is given: without slow start, fast path and tries. */
export const rulesOf = (managementIp: string, changes: Partial<DispatcherRules> = {}): DispatcherRules => ({
  managementIp,
  absenceGraceMs: 5000,
  clientIdleS: 600,
  slowStartMs: 0,
  tellsFastPath: false,
  portsByRedirect: [],
  resetsOnFailure: false,
  triedPorts: [],
  ...changes,
})
