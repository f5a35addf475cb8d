import type { BeaconNode } from '../../../../runtime/wire/beacon/node.ts'

/** What a node at rest that is well says of itself, but for what is given. */
export const beaconNodeOf = (changes: Partial<BeaconNode> = {}): BeaconNode => ({
  name: 'node0',
  mac: '02:00:00:00:00:01',
  monitor: 'ok',
  draining: false,
  cpu: 0,
  memory: 0,
  pressure: null,
  activeConnections: 0,
  capacity: 100,
  agent: null,
  failedPorts: [],
  forwarding: 'kernel',
  drained: false,
  maint: 'off',
  priorities: new Map(),
  reads: 5,
  traffic: null,
  ...changes,
})
