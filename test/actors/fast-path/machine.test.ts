import { expect, test } from 'vitest'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { done, refused } from '../../../runtime/ports/result.ts'
import { device, FAILED, group, heard, lookOf, OTHER, OWN, outlined, role, Stepped, VIP } from './stepped.ts'

test('the first transaction is the whole ruleset, and the addresses on lo follow it: before, lo would answer ARP', () => {
  const fastPath = new Stepped().started().give(role('scanning'))
  expect(fastPath.take('apply')).toBeUndefined()
  fastPath.give(group())
  expect(fastPath.take('apply')?.script).toMatch(
    /table netdev proxyha \{[\s\S]*duties4 \{ 10\.0\.0\.5 : goto serve4 \}/,
  )
  expect(fastPath.take('putAddresses')).toBeUndefined()
  fastPath.give({ type: 'applied', result: done })
  expect(fastPath.take('putAddresses')?.addresses).toEqual([VIP])
})

test('a takeover changes what it must: the role, not the table', () => {
  const fastPath = new Stepped().running().give(role('director'))
  const script = fastPath.take('apply')?.script
  expect(script).toContain('10.0.0.5 : goto direct4')
  expect(script).not.toMatch(/delete table|element [^\n]* slots/)
})

test('one transaction at a time: what is wished meanwhile follows it, the newest only', () => {
  const fastPath = new Stepped().running().give(role('director'))
  expect(fastPath.take('apply')).toBeDefined()
  fastPath
    .give(role('scanning'))
    .give(role('director'))
    .give(group({ nodes: group().nodes.map((node) => ({ ...node, ...FAILED })) }))
  fastPath.give(group())
  expect(fastPath.take('apply')).toBeUndefined()
  fastPath.give({ type: 'applied', result: done }).settle()
  expect(fastPath.take('apply')).toBeUndefined()
  expect(fastPath.state.counters).toEqual({ applied: 2 })
})

test('nothing to change, nothing applied', () => {
  const fastPath = new Stepped()
    .running()
    .give(group({ generation: 4 }))
    .give(role('scanning'))
  expect(fastPath.take('apply')).toBeUndefined()
})

test('a refusal: the tables are read, then replaced as a whole, later and later, with a warning until it succeeds', () => {
  const fastPath = new Stepped().running()
  const delays: (number | undefined)[] = []
  fastPath.give(role('director'))
  for (let attempt = 0; attempt < 8; attempt++) {
    fastPath.take('apply')
    fastPath.asked = []
    fastPath.give({ type: 'applied', result: refused('EREJECTED', 'no such table') })
    delays.push(fastPath.take('startTimer')?.delayMs)
    expect(fastPath.take('findTables')).toBeUndefined()
    fastPath.expire('retry')
    expect(fastPath.take('findTables')).toBeDefined()
    fastPath.give({
      type: 'tablesFound',
      found: { ok: true, value: { present: false, directed: [], pins: [], connections: [] } },
    })
  }
  expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000])
  expect(textsOf([...fastPath.state.problems.values()])).toEqual([expect.stringContaining('no such table')])
  expect(fastPath.take('apply')?.script).toContain('table netdev proxyha {')
  fastPath.give({ type: 'applied', result: done }).settle()
  expect(fastPath.state.problems.size).toBe(0)
})

test("a predecessor's table forwards on until this process knows the group and all nodes of its clients, or for five seconds", () => {
  const found = { present: true, directed: [], pins: [], connections: [] }
  const fastPath = new Stepped()
    .started(found)
    .give(role('scanning'))
    .give(group({ generation: 0, nodes: [] }))
  expect(fastPath.take('apply')).toBeUndefined()
  fastPath.give(group())
  expect(fastPath.take('apply')).toBeDefined()

  const lonely = new Stepped()
    .started(found)
    .give({ ...role('scanning'), masterAddress: '10.0.0.2' })
    .give(group({ generation: 0, nodes: [] }))
  expect(lonely.asked).toContainEqual(expect.objectContaining({ timer: 'patience', delayMs: 5000 }))
  expect(lonely.expire('patience').take('apply')).toBeDefined()
})

test('pins of a predecessor stay with the node that has the MAC, whatever its number is now', () => {
  const pins = [
    { client: '10.0.9.1', mac: OTHER, expiresS: 30 },
    { client: '10.0.9.2', mac: OWN, expiresS: 40 },
    { client: '10.0.9.3', mac: '02:00:00:00:00:77', expiresS: 50 },
  ]
  const fastPath = new Stepped()
    .started({ present: true, directed: [], pins, connections: [] })
    .give(role('director'))
    .give(group())
  expect(fastPath.take('apply')).toBeUndefined()
  const script = fastPath.expire('patience').take('apply')?.script
  expect(script).toMatch(/10\.0\.9\.1 timeout 600s expires 30s : 2/)
  expect(script).toMatch(/10\.0\.9\.2 timeout 600s expires 40s : 1/)
  expect(script).not.toContain('10.0.9.3')
})

test('somebody else changed our tables: restored as a whole, and said; a change of other tables is none', () => {
  const fastPath = new Stepped().running()
  fastPath.give({ type: 'looked', look: lookOf({ generation: { ok: true, value: 8 } }) })
  expect(fastPath.take('outline')).toBeDefined()
  fastPath.give(outlined('the tables', 8))
  expect([fastPath.take('findTables'), fastPath.take('apply')]).toEqual([undefined, undefined])

  fastPath.give({ type: 'looked', look: lookOf({ generation: { ok: true, value: 9 } }) })
  fastPath.give(outlined('', 9))
  expect(fastPath.lines.at(-1)).toMatch(/something else changed the nftables tables.*eth0/)
  expect(fastPath.take('findTables')).toBeDefined()
  fastPath.give({
    type: 'tablesFound',
    found: { ok: true, value: { present: false, directed: [], pins: [], connections: [] } },
  })
  expect(fastPath.take('apply')?.script).toContain('table netdev proxyha {')
})

test('a table that is gone before it was first looked at is restored as well', () => {
  const fastPath = new Stepped().started().give(role('scanning')).give(group())
  fastPath.take('apply')
  fastPath.give({ type: 'applied', result: done })
  expect(fastPath.take('outline')).toBeDefined()
  expect(fastPath.give(outlined('')).take('findTables')).toBeDefined()
})

test('an interface that was made anew has no chains of ours; another MAC is a change', () => {
  const fastPath = new Stepped().running()
  fastPath.give({ type: 'looked', look: lookOf({ device: { ok: true, value: device({ mac: '02:00:00:00:00:09' }) } }) })
  expect(fastPath.take('apply')?.script).toContain('02:00:00:00:00:09')
  fastPath.give({ type: 'applied', result: done }).settle()
  fastPath.give({ type: 'looked', look: lookOf({ device: refused('ENODEV', 'there is no eth0') }) })
  expect(textsOf([...fastPath.state.problems.values()])).toEqual(['eth0: there is no eth0'])
  fastPath.give({ type: 'looked', look: lookOf({ device: { ok: true, value: device({ index: 3 }) } }) })
  expect(fastPath.take('findTables')).toBeDefined()
  expect(fastPath.state.problems.size).toBe(0)
})

test('an address that was taken off lo is put back', () => {
  const fastPath = new Stepped().running().give({ type: 'looked', look: lookOf({ missing: [VIP] }) })
  expect(fastPath.take('putAddresses')?.addresses).toEqual([VIP])
})

test('at the end a host without connections removes all that is its own, and director it is no more before that', () => {
  const fastPath = new Stepped().running().give(role('director')).settle().give({ type: 'stop' })
  expect(fastPath.take('apply')?.script).toContain('10.0.0.5 : goto serve4')
  expect(fastPath.take('readClients')).toBeUndefined()
  fastPath.give({ type: 'applied', result: done }).settle()
  expect(fastPath.take('readClients')).toBeDefined()
  fastPath.give({ type: 'clientsRead', clients: { ok: true, value: [] } })
  expect([fastPath.take('remove'), fastPath.take('retired')]).toEqual([{ type: 'remove' }, undefined])
  expect(fastPath.give({ type: 'removed', result: done }).take('retired')).toBeDefined()
})

test('what packets have written goes with the last duty: the next start has nothing of it to read', () => {
  const fastPath = new Stepped().running().give(role('director')).settle()
  const script = fastPath.give({ type: 'stop' }).take('apply')?.script
  for (const map of ['pins4', 'connections4', 'staying6', 'told6']) {
    expect(script).toContain(`flush map netdev proxyha ${map}\n`)
  }
})

test('at the end connections keep what they live by', () => {
  const fastPath = new Stepped().running().give({ type: 'stop' })
  fastPath.give({ type: 'clientsRead', clients: { ok: true, value: heard('10.0.9.1', '10.0.9.2') } })
  expect([fastPath.take('remove'), fastPath.take('retired')]).toEqual([undefined, { type: 'retired' }])
  expect(fastPath.lines.at(-1)).toMatch(/stay.*2 clients have connections that live by them/)
})
