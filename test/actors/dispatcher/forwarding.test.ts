import { describe, expect, it } from 'vitest'
import type { Member } from '../../../actors/discovery/messages.ts'
import { step } from '../../../actors/dispatcher/machine.ts'
import { type DispatcherEvent, type DispatcherState, initialState } from '../../../actors/dispatcher/state.ts'
import type { ForwardingMessage } from '../../../actors/fast-path/messages.ts'
import { memberOf } from './members.ts'

const A = '10.0.0.1'
const B = '10.0.0.2'
const C = '10.0.0.3'
const macOf = (address: string) => `02:00:00:00:00:0${address.at(-1)}`
const macsOf = (...addresses: readonly string[]) =>
  addresses.map((address) => ({ address, mac: macOf(address), left: false }))

const member = (address: string, health: Member['health'] = 'ok') =>
  memberOf(address, { mac: macOf(address), self: address === A, director: address === A, health, forwarding: 'kernel' })

/** A dispatcher in kernel mode; what it told the fast path last. */
class Telling {
  #state: DispatcherState
  readonly told: ForwardingMessage[] = []

  constructor(tellsFastPath = true) {
    const rules = {
      managementIp: A,
      absenceGraceMs: 5000,
      clientIdleS: 600,
      slowStartMs: 0,
      tellsFastPath,
      portsByRedirect: [],
    }
    this.#state = initialState(rules, { nodes: [], slots: new Uint8Array(4096).fill(255), generation: 0 })
  }

  give(event: DispatcherEvent): void {
    const { state, effects } = step(this.#state, event, 0)
    this.#state = state
    for (const effect of effects) {
      if (effect.type === 'send' && effect.to === 'fast-path') this.told.push(effect.message)
    }
  }

  lead(...members: readonly Member[]): void {
    this.give({ type: 'role', instance: 'VI_1', virtualIps: [], role: 'director', masterAddress: A, masterPriority: 9 })
    this.members(members)
  }

  members(members: readonly Member[], macs = macsOf(B, C)): void {
    this.give({ type: 'membership', members, macs, assigner: A })
  }
}

describe('the fast path is told', () => {
  it('slots by mark, and the MAC of each node', () => {
    const telling = new Telling()
    telling.lead(member(A), member(B), member(C))
    const last = telling.told.at(-1)!
    expect(last.nodes.map(({ address, self }) => [address, self])).toEqual([
      [A, true],
      [B, false],
      [C, false],
    ])
    expect(last.nodes.slice(1).map(({ mac }) => mac)).toEqual([macOf(B), macOf(C)])
    const marks = new Set(last.nodes.map(({ mark }) => mark))
    expect(new Set(last.slots)).toEqual(marks)
  })

  it('whether this host has dealt the slots', () => {
    const telling = new Telling()
    telling.give({ type: 'replica', assignment: { generation: 3, nodes: [B], slots: new Uint8Array(4096) } })
    expect(telling.told.at(-1)!.dealtHere).toBe(false)
    telling.lead(member(A), member(B))
    expect(telling.told.at(-1)!.dealtHere).toBe(true)
  })

  it('who is draining may keep clients, who failed may not', () => {
    const telling = new Telling()
    telling.lead(member(A), member(B, 'draining'), member(C, 'failure'))
    expect(telling.told.at(-1)!.nodes.map(({ eligible }) => eligible)).toEqual([true, true, false])
  })

  it('nodes that are not in the table: their frames are to be known, and their marks are nobody else’s', () => {
    const telling = new Telling()
    telling.lead(member(A))
    const { nodes } = telling.told.at(-1)!
    expect(nodes.map(({ address, eligible }) => [address, eligible])).toEqual([
      [A, true],
      [B, false],
      [C, false],
    ])
    expect(new Set(nodes.map(({ mark }) => mark)).size).toBe(3)
  })

  it('when something changed, and when it (re)starts; not by the clock', () => {
    const telling = new Telling()
    telling.lead(member(A), member(B))
    const before = telling.told.length
    telling.members([member(A), member(B)])
    expect(telling.told).toHaveLength(before)
    telling.members([member(A), member(B)], [{ address: B, mac: '02:00:00:00:00:99', left: false }])
    expect(telling.told.at(-1)!.nodes.map(({ mac }) => mac)).toEqual(['', '02:00:00:00:00:99'])
    telling.give({ type: 'fastPathUp' })
    expect(telling.told).toHaveLength(before + 2)
    expect(telling.told.at(-1)).toEqual(telling.told.at(-2))
  })

  it('in workers mode nothing', () => {
    const telling = new Telling(false)
    telling.lead(member(A), member(B))
    telling.give({ type: 'fastPathUp' })
    expect(telling.told).toEqual([])
  })
})

it('a node in workers mode does not take what this director hands on: it gets no slots, as one that has failed', () => {
  const telling = new Telling()
  telling.lead(member(A), { ...member(B), forwarding: 'workers' })
  const { nodes, slots } = telling.told.at(-1)!
  expect(nodes.find(({ address }) => address === B)).toMatchObject({ eligible: false })
  const own = nodes.find(({ address }) => address === A)!.mark
  expect(slots.every((mark) => mark === own)).toBe(true)
})
