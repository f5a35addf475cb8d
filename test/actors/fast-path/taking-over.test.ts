import { describe, expect, it } from 'vitest'
import type { FoundTables } from '../../../actors/fast-path/state.ts'
import { refused } from '../../../runtime/ports/result.ts'
import { group, lookOf, OTHER, OWN, role, Stepped, VIP } from './stepped.ts'

/** Another node leads. */
const FOLLOWING = { ...role('scanning'), masterAddress: '10.0.0.2' }

/** A predecessor has numbered the nodes the other way round, and its maps can go on. */
const found: FoundTables = {
  present: true,
  directed: [],
  pins: [],
  connections: [],
  kept: {
    marks: new Map([
      [1, OTHER],
      [2, OWN],
    ]),
    others: { sets: [{ kind: 'map', name: 'slots' }], chains: ['ingress'] },
    counters: ['received', 'sent'],
  },
}

describe('what a predecessor has left', () => {
  it('goes on where it is: all else is made anew around it, by the marks that it has', () => {
    const script = new Stepped().started(found).give(role('director')).give(group()).take('apply')?.script
    expect(script).toContain('flush table netdev proxyha\ndelete map netdev proxyha slots\n')
    expect(script).toContain('delete chain netdev proxyha ingress\n')
    expect(script).not.toContain('delete table netdev proxyha\n')
    expect(script).not.toMatch(/map pins4|flush map/)
    // What this node has counted goes on; a counter that the predecessor did not have is made.
    expect(script).not.toMatch(/counter (received|sent) \{|delete counter/)
    expect(script).toContain('counter answered { packets 0 bytes 0 }')
    expect(script).toContain(`add element netdev proxyha takers { 2 : ${OWN}, 1 : ${OTHER} }`)
  })

  it('forwards on where it led, in silence, until a minute is over: clients go on sending here until another leads', () => {
    const stepped = new Stepped()
      .started({ ...found, directed: [VIP] })
      .give(role('scanning'))
      .give(group())
    const roles = () => stepped.state.applied?.virtualIps.map((virtualIp) => virtualIp.role)
    stepped.settle()
    expect(roles()).toEqual(['former'])
    expect(stepped.at(60_000).expire('givingWay').settle().state.applied?.virtualIps).toEqual([
      { address: VIP, role: 'node' },
    ])
  })

  it('forwards nothing on to who is not known: those would be reset', () => {
    const kept = { ...found, directed: [VIP], kept: { ...found.kept!, marks: new Map([[3, '02:00:00:00:00:09']]) } }
    const stepped = new Stepped().started(kept).give(FOLLOWING).give(group())
    expect(stepped.take('apply')).toBeUndefined()
    stepped.expire('patience').settle()
    expect(stepped.state.applied?.virtualIps).toEqual([{ address: VIP, role: 'node' }])
  })

  it('forwards on while nobody is known who leads, and five seconds from when somebody is: until then nobody says who is there', () => {
    const stepped = new Stepped()
      .started({ ...found, directed: [VIP] })
      .give(role('scanning'))
      .give(group({ generation: 0, nodes: [] }))
    for (const atMs of [5000, 10_000, 15_000]) {
      expect(stepped.at(atMs).expire('patience').take('apply')).toBeUndefined()
    }
    stepped.asked.length = 0
    stepped.at(16_000).give(FOLLOWING)
    expect(stepped.asked).toContainEqual(expect.objectContaining({ timer: 'patience', delayMs: 5000 }))
    expect(stepped.give(group()).settle().state.applied?.virtualIps).toEqual([{ address: VIP, role: 'former' }])
  })

  it('goes where this node takes no part in the election', () => {
    const stepped = new Stepped()
      .started({ ...found, directed: [VIP] })
      .give(role('initializing'))
      .give(group({ generation: 0, nodes: [] }))
    expect(stepped.expire('patience').take('apply')).toBeDefined()
  })

  it('is a director’s at once where this process leads', () => {
    const stepped = new Stepped()
      .started({ ...found, directed: [VIP] })
      .give(role('director'))
      .give(group())
    expect(stepped.settle().state.applied?.virtualIps).toEqual([{ address: VIP, role: 'director' }])
  })

  it('is asked for in the same way of a group that was known before', () => {
    const stepped = new Stepped().give({ type: 'start' }).give(role('director')).give(group())
    const marks = () => stepped.state.group?.nodes.map(({ mark }) => mark)
    expect(marks()).toEqual([1, 2])
    stepped.give({ type: 'tablesFound', found: { ok: true, value: found } })
    expect(marks(), 'the MAC of this host is not known yet').toEqual([1, 2])
    stepped.give({ type: 'looked', look: lookOf() })
    expect(marks()).toEqual([2, 1])
    stepped.give(group())
    expect(marks()).toEqual([2, 1])
  })

  it('is waited for by who has something there, while the patience lasts', () => {
    const kept = { ...found, kept: { ...found.kept!, marks: new Map([[3, '02:00:00:00:00:09']]) } }
    const stepped = new Stepped().started(kept).give(role('director')).give(group())
    expect(stepped.take('apply')).toBeUndefined()
    expect(stepped.expire('patience').take('apply')).toBeDefined()
  })

  it('is read, and written anew, where the kernel has refused that', () => {
    const stepped = new Stepped()
    expect(stepped.give({ type: 'start' }).take('findTables')).toEqual({ type: 'findTables', inPlace: true })
    stepped
      .give({ type: 'tablesFound', found: { ok: true, value: found } })
      .give(role('director'))
      .give(group())
    stepped.give({ type: 'looked', look: lookOf() })
    stepped.take('apply')
    stepped.give({ type: 'applied', result: refused('EREJECTED', 'busy') }).expire('retry')
    expect(stepped.take('findTables')).toEqual({ type: 'findTables', inPlace: false })
  })

  it('is too much to be written anew: it is said how many are forgotten', () => {
    const stepped = new Stepped().started({ present: true, directed: [], pins: [], connections: [], beyond: 7 })
    expect(stepped.lines).toContainEqual(expect.stringContaining('7 clients more'))
  })
})
