import { describe, expect, test } from 'vitest'
import { besideTheRedirects, pastTheRedirects } from '../../../../runtime/cli/doctor/client-findings.ts'
import type { Outside } from '../../../../runtime/cli/doctor/outside.ts'
import type { HostView, PortBeside } from '../../../../runtime/ports/host/host-view.ts'
import { Bench, OTHER, OWN, VIP, v2 } from '../../../actors/elector/bench.ts'
import { observedOf, type SeenStatus, statusOf } from '../../../actors/inspector/doctor/observed.ts'
import { healthyHost } from '../captured-cli.ts'

const director = statusOf(new Bench(v2).promoted())
const outsideOf = (status: SeenStatus, host: HostView): Outside => {
  return { status, diagnostics: observedOf(status).diagnostics, host }
}
const find = (outside: Outside) => [pastTheRedirects, besideTheRedirects].flatMap((rule) => rule(outside))

describe('connections past the redirects', () => {
  const connectedTo = (connected: { toVirtualIps: readonly string[]; toManagementIp: readonly string[] }) =>
    outsideOf(director, healthyHost({ connected }))

  test("the proxy's own port at a virtual IP is a problem: the director alone serves it", () => {
    const [finding] = find(connectedTo({ toVirtualIps: ['10.1.0.7'], toManagementIp: [] }))
    expect(finding).toMatchObject({
      code: 'past-redirects',
      level: 'warning',
      evidence: ['connected now: 10.1.0.7'],
      advice: 'point them to a virtual IP, port 8080',
    })
  })

  test("this node's own address is how one node is tested: a note; the group's own connections are none", () => {
    const clients = ['1', '2', '3', '4', '5', '6', '7'].map((last) => `10.1.0.${last}`)
    expect(find(connectedTo({ toVirtualIps: [], toManagementIp: [OWN, OTHER, VIP, ...clients] }))).toMatchObject([
      {
        code: 'direct-clients',
        level: 'note',
        evidence: ['connected now: 10.1.0.1, 10.1.0.2, 10.1.0.3, 10.1.0.4, 10.1.0.5, and 2 more'],
      },
    ])
  })

  describe.each(['workers', 'kernel'] as const)(
    'a redirect is missing, and its port is used: in %s mode',
    (forwarding) => {
      const besideWith = (change: Partial<PortBeside>, role: 'director' | 'scanning' = 'director') => {
        const besides = [{ port: 2121, clients: ['10.1.0.7'], isProxys: null, ...change }]
        return find(outsideOf({ ...director, role, forwarding }, healthyHost({ besides })))
      }

      test('the proxy of the director serves it: it alone does, whoever comes', () => {
        expect(besideWith({ isProxys: true })).toMatchObject([
          {
            level: 'warning',
            text: 'clients use a virtual IP on port 2121, which no redirect has: the director alone serves them',
            evidence: ['connected now: 10.1.0.7', 'the proxy of this node listens there, too'],
            advice: 'add port 2121 to the redirects of all nodes, or point the clients to port 8080',
          },
        ])
      })

      test('somebody else is told by the number of clients: an administration page has few', () => {
        const clients = ['1', '2', '3', '4', '5'].map((last) => `10.1.0.${last}`)
        expect(besideWith({ isProxys: false })).toEqual([])
        expect(besideWith({ isProxys: false, clients })).toMatchObject([
          { evidence: [`connected now: ${clients.join(', ')}`] },
        ])
        expect(besideWith({ clients, port: 22 })).toEqual([])
      })

      test('only a director has clients at a virtual IP', () => {
        expect(besideWith({ isProxys: true }, 'scanning')).toEqual([])
      })
    },
  )

  test('in kernel mode each connection is one to the proxy port: only who uses the address of the node itself can be told', () => {
    const { host } = connectedTo({ toVirtualIps: ['10.1.0.7'], toManagementIp: ['10.1.0.7'] })
    expect(find(outsideOf({ ...director, forwarding: 'kernel' }, host))).toMatchObject([{ code: 'direct-clients' }])
  })
})
