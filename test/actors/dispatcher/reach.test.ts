import { describe, expect, it } from 'vitest'
import type { Member } from '../../../actors/discovery/messages.ts'
import { step } from '../../../actors/dispatcher/machine.ts'
import { afterTry, dueTries, type Reach, unreachedPorts, withReach } from '../../../actors/dispatcher/reach.ts'
import { nobodysSlots } from '../../../actors/dispatcher/slots.ts'
import { type DispatcherEvent, initialState } from '../../../actors/dispatcher/state.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import { memberOf } from './members.ts'
import { rulesOf } from './rules.ts'

const [A, B, C] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const
const SILENT = 'no answer within 1000 ms'
const rules = rulesOf(A, { tellsFastPath: true, triedPorts: [3128] })
const macs = [B, C].map((address) => ({ address, mac: '02:00:00:00:00:02', left: false, gone: false }))
const group = [A, B, C].map((address) => memberOf(address, { self: address === A, forwarding: 'kernel' }))

/** A dispatcher on A in kernel mode that is director of a group of three. */
function director() {
  let state = initialState(rules, { nodes: [], slots: nobodysSlots(), generation: 0, tied: [] })
  const give = (event: DispatcherEvent) => {
    const next = step(state, event, 0)
    state = next.state
    return next.effects
  }
  give({ type: 'start' })
  give({ type: 'role', instance: 'VI_51', virtualIps: [], role: 'director', masterAddress: null, masterPriority: null })
  give({ type: 'membership', members: group, macs, assigner: null })
  const sweep = () => give({ type: 'timerExpired', timer: 'sweep' })
  const tried = (address: string, problem: string | null) =>
    give({ type: 'tried', address, tries: [{ port: 3128, problem }] })
  const slots = (address: string) => {
    const index = state.rows.findIndex((row) => row?.address === address)
    return state.slots.filter((owner) => owner === index).length
  }
  return { give, sweep, tried, slots, state: () => state }
}

describe('a node whose proxy does not answer the director', () => {
  it('by a port that is no proxy’s any more, gets new clients again', () => {
    const { give, tried, slots, state } = director()
    tried(B, SILENT)
    tried(B, SILENT)
    expect(slots(B)).toBe(0)
    give({ type: 'configured', rules: { ...rules, triedPorts: [3129] } })
    give({ type: 'membership', members: group, macs, assigner: null })
    expect(slots(B)).toBeGreaterThan(0)
    expect(state().reach.size).toBe(0)
  })

  it('is tried every 5 s, once more at once when it failed, and then gets no new clients', () => {
    const { sweep, tried, slots, state } = director()
    const tryOf = (address: string) => ({ type: 'tryNode', address, ports: [3128] })
    expect(sweep().filter(({ type }) => type === 'tryNode')).toEqual([tryOf(B), tryOf(C)])
    expect(tried(B, SILENT)).toEqual([tryOf(B)])
    expect(slots(B)).toBeGreaterThan(0)
    const effects = tried(B, SILENT)
    const line = `${B} (${B}): its proxy port 3128 does not answer this node (${SILENT}), although it says that it listens: it gets no new clients; is the port filtered?`
    expect(effects).toContainEqual({ type: 'log', level: 'warn', line })
    expect([slots(A), slots(B), slots(C)]).toEqual([2048, 0, 2048])
    expect(state().rows.find((row) => row?.address === B)).toMatchObject({ state: 'failure', weight: 0 })
    expect(textsOf(state().warnings)).toEqual([line])
    const told = effects.flatMap((effect) =>
      effect.type === 'send' && effect.to === 'fast-path' ? [effect.message] : [],
    )
    expect(told.at(-1)?.nodes.find(({ address }) => address === B)).toMatchObject({ takesNew: false })
  })

  it('goes on being tried, and gets clients again with the first answer', () => {
    const { sweep, tried, slots, give, state } = director()
    for (let time = 0; time < 2; time++) tried(B, SILENT)
    give({ type: 'membership', members: group, macs, assigner: null })
    expect([slots(B), state().warnings.length]).toEqual([0, 1])
    expect(sweep()).toContainEqual({ type: 'tryNode', address: B, ports: [3128] })
    expect(tried(B, null)).toContainEqual(expect.objectContaining({ type: 'log', level: 'info' }))
    expect(slots(B)).toBeGreaterThan(1000)
    expect(textsOf(state().warnings)).toEqual([])
  })

  it('is not told of any more once the node itself calls the port failed, and serves as soon as it calls it well', () => {
    const { tried, slots, give, state } = director()
    for (let time = 0; time < 2; time++) tried(B, SILENT)
    const failed = group.map((member): Member => {
      return member.address === B ? { ...member, health: 'failure', failedPorts: [3128] } : member
    })
    give({ type: 'membership', members: failed, macs, assigner: null })
    expect([slots(B), textsOf(state().warnings)]).toEqual([0, []])
    give({ type: 'membership', members: group, macs, assigner: null })
    expect(slots(B)).toBeGreaterThan(1000)
  })

  it('keeps its clients where nobody else is left: it may answer them', () => {
    const { tried, slots, give } = director()
    const failed = group.map((member): Member => (member.address === B ? member : { ...member, health: 'failure' }))
    for (let time = 0; time < 2; time++) tried(B, SILENT)
    give({ type: 'membership', members: failed, macs, assigner: null })
    expect(slots(B)).toBe(4096)
  })

  it('is forgotten by a node that does not assign', () => {
    const { tried, give, sweep } = director()
    for (let time = 0; time < 2; time++) tried(B, SILENT)
    give({ type: 'membership', members: group, macs, assigner: C })
    expect(sweep().some(({ type }) => type === 'tryNode')).toBe(false)
  })
})

describe('tries', () => {
  const silent = (port: number) => ({ port, problem: SILENT })
  const twice = (port: number): Reach => afterTry(afterTry(new Map(), B, [silent(port)]).reach, B, [silent(port)]).reach

  it('leave out this node, those that are not well, and ports that a node itself calls failed', () => {
    const members = [
      memberOf(A, { self: true }),
      memberOf(B, { failedPorts: [3128] }),
      memberOf(C, { health: 'stale' }),
    ]
    expect(dueTries(members, [3128, 9090])).toEqual([{ type: 'tryNode', address: B, ports: [9090] }])
  })

  it('need two in a row', () => {
    const once = afterTry(new Map(), B, [silent(1), silent(2)])
    expect(once.again).toEqual([1, 2])
    const { reach, again } = afterTry(once.reach, B, [silent(1), { port: 2, problem: null }])
    expect([unreachedPorts(reach, B), again]).toEqual([[1], []])
  })

  it('take a node out for the port alone where ports are by themselves, and as a whole where not or all fail', () => {
    const members = [memberOf(A, { self: true }), memberOf(B)]
    const judged = (ports: readonly number[], perPort: boolean) => withReach(members, twice(1), ports, perPort)[1]
    expect(judged([1, 2], true)).toMatchObject({ health: 'ok', failedPorts: [1] })
    expect(judged([1, 2], false)).toMatchObject({ health: 'failure', failedPorts: [1] })
    expect(judged([1], true)).toMatchObject({ health: 'failure' })
  })
})
