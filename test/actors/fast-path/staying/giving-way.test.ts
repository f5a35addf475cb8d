import { expect, test } from 'vitest'
import type { RoleMessage } from '../../../../actors/elector/messages.ts'
import { done } from '../../../../runtime/ports/result.ts'
import { FAILED, group, heard, lookOf, OTHER, role, SILENT, Stepped, VIP } from '../stepped.ts'

const says = (address: string) => ({ type: 'clientsOf', address, all: false, generation: 3, clients: [] }) as const
/** Another one was heard that follows. */
const gaveWay: RoleMessage = { ...role('scanning'), masterAddress: '10.0.0.2', masterPriority: 89 }

/** A director whose kernel knows who stays where. */
const leading = () => new Stepped().running().give(role('director')).settle().give(says('10.0.0.2')).settle()
const roleInForce = ({ state }: Stepped) => state.applied?.virtualIps[0]?.role
const waits = ({ asked }: Stepped) =>
  asked
    .flatMap((effect) => (effect.type === 'startTimer' && effect.timer === 'givingWay' ? [effect.delayMs] : []))
    .at(-1)

test('who gives way forwards on, and speaks until the next director has', () => {
  const fastPath = leading().give(gaveWay).settle()
  expect(roleInForce(fastPath)).toBe('director')
  const script = fastPath.give({ type: 'spokenFor', address: VIP, mac: OTHER }).take('apply')?.script
  expect(script).toContain(`add element netdev proxyha silent4 { ${VIP} }`)
  expect(script).not.toContain('serve4')
  fastPath.give({ type: 'applied', result: done }).settle()
  expect([roleInForce(fastPath), waits(fastPath)]).toEqual(['former', 2500])
  fastPath.at(2500).expire('givingWay').settle()
  expect([roleInForce(fastPath), waits(fastPath)]).toEqual(['former', 57_500])
  // A minute later nobody comes any more that does not know better.
  expect(fastPath.at(60_000).expire('givingWay').take('apply')?.script).toContain(`${VIP} : goto serve4`)
})

test('a stranger that speaks for the address ends nothing', () => {
  const fastPath = leading().give(gaveWay).settle()
  fastPath.give({ type: 'spokenFor', address: VIP, mac: '02:00:00:00:00:99' })
  expect(fastPath.take('apply')).toBeUndefined()
})

test('where nobody was heard to speak it is silent in the end', () => {
  const fastPath = leading().give(gaveWay).settle()
  expect(waits(fastPath)).toBe(2500)
  fastPath.at(2500).expire('givingWay').settle()
  expect(roleInForce(fastPath)).toBe('former')
})

test('who gave way goes by what it knows alone from when others may know better: it may lead again before its kernel knows that', () => {
  const fastPath = leading().give(gaveWay).settle().give({ type: 'spokenFor', address: VIP, mac: OTHER }).settle()
  expect(fastPath.state.applied?.hearing).toBe(false)
  fastPath.at(2500).expire('givingWay').settle()
  expect(fastPath.state.applied).toMatchObject({ hearing: true, virtualIps: [{ role: 'former' }] })
  fastPath.give(role('director')).settle().give(says('10.0.0.2')).settle()
  expect(fastPath.state.applied).toMatchObject({ hearing: false, virtualIps: [{ role: 'director' }] })

  const failed = leading().give(role('scanning')).settle()
  expect(failed.state.applied).toMatchObject({ hearing: true, virtualIps: [{ role: 'former' }] })
})

test('who has lost its lease, or failed, forwards on in silence: another may lead already', () => {
  const fastPath = leading().give(role('scanning')).settle()
  expect(roleInForce(fastPath)).toBe('former')
})

test('who has not heard yet which clients have to stay where forwards nothing of theirs', () => {
  const fastPath = new Stepped().running().give(role('director')).settle().give(gaveWay).settle()
  expect(roleInForce(fastPath)).toBe('node')
})

test('who leads again gives way no more', () => {
  const fastPath = leading().give(gaveWay).settle().give({ type: 'spokenFor', address: VIP, mac: OTHER }).settle()
  const script = fastPath.give(role('director')).take('apply')?.script
  expect(script).toContain(`delete element netdev proxyha silent4 { ${VIP} }`)
  expect(fastPath.state.givingWay.size).toBe(0)
})

test('SYNs go where the next director sends them once this host has heard what that one hears, and written it down', () => {
  const goesByWord = /add rule netdev proxyha begin4 meta mark set ip saddr map @pins4 goto anew4/
  const fastPath = leading().give(gaveWay).settle()
  const told = {
    type: 'clientsOf',
    address: '10.0.0.2',
    all: false,
    generation: 3,
    clients: heard('10.0.9.1'),
  } as const
  expect(fastPath.give(told).take('apply')).toBeUndefined()
  expect(fastPath.take('addPins')?.pins).toMatchObject([{ client: '10.0.9.1', mark: 2 }])
  expect(fastPath.give({ type: 'pinsAdded', result: done }).take('apply')?.script).toMatch(goesByWord)
})

test('an ordered stop waits until clients have heard of the next director', () => {
  const fastPath = leading().give(role('initializing')).settle().give({ type: 'stop' }).settle()
  expect([roleInForce(fastPath), fastPath.take('readClients')]).toEqual(['director', undefined])
  fastPath.at(100).give({ type: 'spokenFor', address: VIP, mac: OTHER }).settle()
  expect(roleInForce(fastPath)).toBe('former')
  fastPath.at(1400).expire('givingWay')
  expect(fastPath.take('apply')?.script).toContain(`${VIP} : goto serve4`)
})

test('an ordered stop waits for who follows although it takes nobody new', () => {
  const failed = group({ nodes: group().nodes.map((node) => (node.self ? node : { ...node, ...FAILED })) })
  const slots = new Uint8Array(4096).fill(1)
  const fastPath = new Stepped()
    .running({ ...failed, slots })
    .give(role('director'))
    .settle()
  fastPath.give(says('10.0.0.2')).settle().give({ type: 'stop' }).settle()
  expect([roleInForce(fastPath), fastPath.take('readClients')]).toEqual(['director', undefined])
})

test('where nobody follows an ordered stop waits for nobody, and what is open goes on in silence: nothing new begins', () => {
  const alone = group({ nodes: group().nodes.filter(({ self }) => self), slots: new Uint8Array(4096).fill(1) })
  const last = new Stepped().running(alone).give(role('director')).settle().give({ type: 'stop' })
  expect(last.take('apply')?.script).not.toMatch(/serve4|flush map/)
  last.give({ type: 'applied', result: done })
  expect(roleInForce(last)).toBe('former')
  expect(last.state.applied).toMatchObject({
    nodes: [{ self: true, takesNew: false, reachable: true }],
    refusing: false,
  })
  last.give(role('initializing'))
  last.give({ type: 'clientsRead', clients: { ok: true, value: heard('10.0.9.1') } })
  expect(last.take('retired')).toBeDefined()
  expect(roleInForce(last)).toBe('former')
})

test('announcers are told when a new director has the rules in its kernel, and when it has all there that it has to know', () => {
  const fastPath = new Stepped().running().give(role('director'))
  expect(fastPath.take('tellForwarded')).toBeUndefined()
  fastPath.settle()
  expect(fastPath.take('tellForwarded')).toEqual({ type: 'tellForwarded', virtualIps: [VIP], ready: [] })
  fastPath.give(says('10.0.0.2')).settle()
  expect(fastPath.take('tellForwarded')).toEqual({ type: 'tellForwarded', virtualIps: [VIP], ready: [VIP] })
  // Once, whatever comes later.
  fastPath.give(says('10.0.0.2')).give({ type: 'looked', look: lookOf() }).settle()
  expect(fastPath.take('tellForwarded')).toBeUndefined()
  expect(fastPath.give(gaveWay).take('tellForwarded')).toEqual({ type: 'tellForwarded', virtualIps: [], ready: [] })
})

test('rules with slots of a dead node are not those that the announcers wait for: its SYNs would go nowhere', () => {
  const dead = group({ nodes: group().nodes.map((node) => (node.self ? node : { ...node, ...SILENT })) })
  const slots = Uint8Array.from({ length: 4096 }, (_, slot) => 1 + (slot % 2))
  const fastPath = new Stepped()
    .running({ ...dead, slots })
    .give(role('director'))
    .settle()
  expect([roleInForce(fastPath), fastPath.take('tellForwarded')]).toEqual(['director', undefined])
  fastPath.give({ ...dead, generation: 4, slots: slots.fill(1) }).settle()
  expect(fastPath.take('tellForwarded')).toMatchObject({ virtualIps: [VIP] })
})
