import { describe, expect, it } from 'vitest'
import type { Role, RoleMessage } from '../../../actors/elector/messages.ts'
import { foldRoles } from '../../../actors/elector/messages.ts'

const [A, B] = ['10.10.74.74', '10.10.74.75'] as const

const said = (instance: string, role: Role, virtualIp: string): [string, RoleMessage] => [
  instance,
  { type: 'role', instance, virtualIps: [virtualIp], role, masterAddress: null, masterPriority: null },
]

describe('the role of a node', () => {
  it.each<[string, Role, Role, Role, readonly string[]]>([
    ['director of one instance is director', 'director', 'scanning', 'director', [A]],
    ['director of the other is director', 'initializing', 'director', 'director', [B]],
    ['director of both leads the virtual IPs of both', 'director', 'director', 'director', [A, B]],
    ['scanning in one is scanning', 'initializing', 'scanning', 'scanning', []],
    ['initializing in both is initializing', 'initializing', 'initializing', 'initializing', []],
  ])('that is %s', (_, first, second, role, virtualIps) => {
    const roles = new Map([said('VI_51', first, A), said('VI_52', second, B)])
    expect(foldRoles(roles)).toEqual({ role, virtualIps })
  })

  it('is initializing until an elector has spoken', () => {
    expect(foldRoles(new Map())).toEqual({ role: 'initializing', virtualIps: [] })
  })
})
