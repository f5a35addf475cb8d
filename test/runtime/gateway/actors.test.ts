import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkPlans } from '../../../runtime/actor-system/supervision/plan.ts'
import { plansOf, stopOrderOf } from '../../../runtime/gateway/actor-row.ts'
import { actors } from '../../../runtime/gateway/actors.ts'
import type { GatewayPlan } from '../../../runtime/gateway/gateway-plan.ts'
import { gatewayConfig } from '../../config/gateway-config.ts'
import { gatewayPlan } from './gateway-plan.ts'

const TWO = `instances:
  - {virtualRouterId: 51, virtualIps: [10.0.0.5]}
  - {name: web, virtualRouterId: 52, virtualIps: [10.0.0.6]}`

const gateway = (forwarding: 'kernel' | 'workers', yaml = 'virtualIps: [10.0.0.5]'): GatewayPlan =>
  gatewayPlan(forwarding, gatewayConfig(yaml))

const FORWARDING = ['kernel', 'workers'] as const

test.each(FORWARDING)('of the actors of %s mode each names others that are there', (forwarding) => {
  const plans = plansOf(actors, gateway(forwarding, TWO))
  expect(() => checkPlans(plans)).not.toThrow()
  expect(plans.map(({ name }) => name)).toContain('announcer-web')
})

test('who leads gives that up first, and what the others say goodbye by goes last', () => {
  const order = stopOrderOf(actors, gateway('kernel', TWO))
  expect(order.slice(0, 2)).toEqual([
    ['elector', 'elector-web'],
    ['announcer', 'announcer-web'],
  ])
  // The operator's programs are told of the end of the others.
  expect(order.slice(-2)).toEqual([['raw-ip'], ['notifier']])
  const farewell = ['fast-path', 'watcher', 'discovery', 'inspector']
  expect(order.flat().filter((name) => farewell.includes(name))).toEqual(farewell)
  expect(stopOrderOf(actors, gateway('workers')).slice(-3)).toEqual([['forwarder'], ['raw-ip'], ['notifier']])
})

test.each(FORWARDING)('the inspector may ask all actors of %s mode but itself', (forwarding) => {
  const plans = plansOf(actors, gateway(forwarding, TWO))
  const others = plans.map(({ name }) => name).filter((name) => name !== 'inspector')
  expect(plans.find(({ name }) => name === 'inspector')).toMatchObject({
    controls: [...others, 'supervisor'],
    options: { described: others },
  })
})

test('nothing is real-time where the configuration does not want it', () => {
  const realtime = (yaml: string) =>
    plansOf(actors, gateway('workers', yaml)).flatMap(({ name, realtime }) => (realtime ? [name] : []))
  expect(realtime('virtualIps: [10.0.0.5]')).toEqual(['raw-ip', 'elector', 'announcer'])
  expect(realtime('virtualIps: [10.0.0.5]\nvrrp: {realtime: off}')).toEqual([])
})

test('each thread loads the table, which imports types alone but for what its rows are made by', () => {
  const text = readFileSync(new URL('../../../runtime/gateway/actors.ts', import.meta.url), 'utf8')
  const imported = [...text.matchAll(/^import (?!type )[^']*'([^']+)'/gm)].map(([, file]) => file)
  expect(imported).toEqual(['../ports/result.ts', './actor-row.ts'])
})
