import { expect, test } from 'vitest'
import type { GatewayConfig } from '../../../config/gateway-config.ts'
import { planInstances } from '../../../runtime/gateway/election-plans.ts'
import { sharedSettings } from '../../../runtime/gateway/shared-settings.ts'
import { packBeaconBody, parseBeaconBody, type ReportBody } from '../../../runtime/wire/beacon/body.ts'
import { gatewayConfig } from '../../config/gateway-config.ts'
import { beaconNodeOf } from '../wire/beacon/beacon-node.ts'

const WORKERS = 'workers' as const
const PLACE = { forwardedBy: 'forwarder', fenced: false, plannedAtMs: 1000 } as const
const SHORT = gatewayConfig('virtualIps: [10.0.0.6, 10.0.0.5]\ndirectorPriority: 99')
const TWO = gatewayConfig(`vrrp: {version: 3, advertInterval: 100ms}
instances:
  - {virtualRouterId: 51, virtualIps: [10.0.0.5], vrrp: {advertInterval: 1s}}
  - {name: web, virtualRouterId: 51, directorPriority: 90, virtualIps: ["2001:db8::5"]}`)

test('the actors of the short form have the plain names', () => {
  const plans = planInstances(SHORT, PLACE)
  expect(plans).toHaveLength(1)
  expect(plans[0]).toMatchObject({
    elector: { name: 'elector', options: { instance: 'VI_51', announcer: 'announcer', priority: 99 } },
    announcer: { name: 'announcer', options: { elector: 'elector', virtualRouterId: 51 } },
  })
})

test('at every pace threads are woken before a silence has lasted long enough', () => {
  for (const { elector } of [...planInstances(SHORT, PLACE), ...planInstances(TWO, PLACE)]) {
    expect(elector.options.lookAheadMs).toBeGreaterThan(0)
    expect(elector.options.ownDelayMs).toBeLessThan(elector.options.lookAheadMs!)
  }
})

test('behind a fence the addresses stay until the last in the line has them: a second in version 2, an interval in version 3', () => {
  const keptAfterLeaseMs = (config: GatewayConfig, fenced: boolean) =>
    planInstances(config, { ...PLACE, fenced }).map(({ announcer }) => announcer.options.keptAfterLeaseMs)
  expect(keptAfterLeaseMs(SHORT, true)).toEqual([997])
  expect(keptAfterLeaseMs(TWO, true)).toEqual([997, 100])
  expect(keptAfterLeaseMs(TWO, false)).toEqual([0, 0])
})

test('those of a further instance are named after it, know each other, and have its settings and its family’s address', () => {
  const [first, second] = planInstances(TWO, PLACE)
  expect(first).toMatchObject({
    elector: { name: 'elector', options: { advertIntervalCs: 100, settledAtMs: 3500, primaryAddress: '10.0.0.1' } },
  })
  expect(second).toMatchObject({
    elector: {
      name: 'elector-web',
      options: {
        instance: 'web',
        announcer: 'announcer-web',
        priority: 90,
        advertIntervalCs: 10,
        settledAtMs: 3500,
        primaryAddress: 'fe80::1',
        virtualIps: ['2001:db8::5'],
      },
    },
    announcer: {
      name: 'announcer-web',
      options: { elector: 'elector-web', virtualIps: [{ address: '2001:db8::5', prefixLength: 128 }] },
    },
  })
})

test('what all nodes must have alike: setting by setting for one instance, a line for each of several', () => {
  expect(sharedSettings(SHORT, WORKERS)).toEqual({
    redirects: '8443,8080->3128',
    forwarding: 'workers',
    'balancing.slowStart': '30000ms',
    'balancing.affinity': '/32 /128',
    'health.perPort': 'false',
    'health.onFailure': 'keep',
    virtualIps: '10.0.0.5 10.0.0.6',
    'vrrp.version': '2',
    'vrrp.transport': 'multicast',
    'vrrp.advertInterval': '1000ms',
  })
  expect(sharedSettings(TWO, WORKERS)).toEqual({
    redirects: '8443,8080->3128',
    forwarding: 'workers',
    'balancing.slowStart': '30000ms',
    'balancing.affinity': '/32 /128',
    'health.perPort': 'false',
    'health.onFailure': 'keep',
    'instance.51.ipv4': '10.0.0.5, 3, multicast, 1000ms',
    'instance.51.ipv6': '2001:db8::5, 3, multicast, 100ms',
  })
})

test('these are settings that a beacon carries', () => {
  const identity = {
    type: 'report',
    generation: 0,
    leaving: false,
    settingsDigest: '0123456789abcdef',
    node: beaconNodeOf({ name: 'jupiter', forwarding: 'workers' }),
    missed: [],
  } as const
  for (const config of [SHORT, TWO]) {
    const report: ReportBody = { ...identity, settings: sharedSettings(config, WORKERS) }
    expect(parseBeaconBody('report', packBeaconBody(report))).toEqual(report)
  }
})
