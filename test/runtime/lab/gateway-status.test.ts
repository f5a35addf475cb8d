import { describe, expect, it } from 'vitest'
import { type GatewayStatus, isComplete } from '../../../runtime/lab/gateway-status.ts'

const node = (name: string, slots: number, state = 'ok') => ({ name, state, slots, activeConnections: 0 })
const status = (nodes: GatewayStatus['nodes'], role = 'director'): GatewayStatus => ({
  role,
  forwarding: 'workers',
  vrrp: { state: 'MASTER', masterIp: null },
  monitor: { state: 'ok' },
  nodes,
})

describe('isComplete', () => {
  it('holds when just these nodes own all slots', () => {
    expect(isComplete(status([node('a', 2048), node('b', 2048)]), ['a', 'b'])).toBe(true)
  })

  it('holds beside a node in failure that owns none', () => {
    expect(isComplete(status([node('a', 4096), node('b', 0, 'failure')]), ['a'])).toBe(true)
  })

  it.each([
    ['slots are nobody’s', status([node('a', 2048), node('b', 2000)]), ['a', 'b']],
    ['a node is missing', status([node('a', 4096)]), ['a', 'b']],
    ['another node takes part', status([node('a', 2048), node('c', 2048)]), ['a', 'b']],
    ['a failed node still owns slots', status([node('a', 2048), node('b', 2048, 'failure')]), ['a']],
    ['it is not the director', status([node('a', 4096)], 'scanning'), ['a']],
    ['nobody answers', null, ['a']],
  ])('does not hold when %s', (_why, seen, nodes) => {
    expect(isComplete(seen, nodes)).toBe(false)
  })
})
