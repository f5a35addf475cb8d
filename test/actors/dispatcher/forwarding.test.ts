import { describe, expect, it } from 'vitest'
import type { Member } from '../../../actors/discovery/messages.ts'
import { step } from '../../../actors/dispatcher/machine.ts'
import {
  type AdoptedTable,
  type DispatcherEvent,
  type DispatcherState,
  initialState,
} from '../../../actors/dispatcher/state.ts'
import type { ForwardingMessage } from '../../../actors/fast-path/messages.ts'
import { memberOf } from './members.ts'
import { rulesOf } from './rules.ts'

const A = '10.0.0.1'
const B = '10.0.0.2'
const C = '10.0.0.3'
const macOf = (address: string) => `02:00:00:00:00:0${address.at(-1)}`
const macsOf = (...addresses: readonly string[]) =>
  addresses.map((address) => ({ address, mac: macOf(address), left: false, gone: false }))

const member = (address: string, health: Member['health'] = 'ok') =>
  memberOf(address, { mac: macOf(address), self: address === A, director: address === A, health, forwarding: 'kernel' })

/** A dispatcher in kernel mode; what it told the fast path last. */
class Telling {
  #state: DispatcherState
  readonly told: ForwardingMessage[] = []

  constructor(tellsFastPath = true, before?: Telling) {
    const nothing = { nodes: [], slots: new Uint8Array(4096).fill(255), generation: 0, tied: [] }
    this.#state = initialState(rulesOf(A, { tellsFastPath }), before === undefined ? nothing : before.table)
  }

  /** What outlives the actor. */
  get table(): AdoptedTable {
    const { rows, slots, generation } = this.#state
    return { nodes: rows, slots, generation, tied: [] }
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
    telling.members([member(A), member(B)])
    telling.give({ type: 'replica', assignment: { generation: 3, nodes: [B], slots: new Uint8Array(4096), tied: [] } })
    expect(telling.told.at(-1)!.dealtHere).toBe(false)
    telling.lead(member(A), member(B))
    expect(telling.told.at(-1)!.dealtHere).toBe(true)
  })

  it('who takes new clients: not who drains or failed; both keep what they have, who is not heard may be dead', () => {
    const telling = new Telling()
    telling.lead(member(A), member(B, 'draining'), member(C, 'failure'))
    const { nodes } = telling.told.at(-1)!
    expect(nodes.map(({ takesNew }) => takesNew)).toEqual([true, false, false])
    expect(nodes.map(({ keeps }) => keeps)).toEqual([true, true, true])
    telling.lead(member(A), member(B), member(C, 'stale'))
    expect(telling.told.at(-1)!.nodes.map(({ speaks }) => speaks)).toEqual([true, true, false])
  })

  it('that a node which drains takes new clients until its slots are with others: it may hear of itself first', () => {
    const telling = new Telling()
    telling.give({
      type: 'replica',
      assignment: { generation: 3, nodes: [A, B], slots: new Uint8Array(4096), tied: [] },
    })
    const members = [member(A, 'draining'), { ...member(B), director: true }]
    telling.give({ type: 'membership', members, macs: macsOf(B), assigner: B })
    const takesNew = () => telling.told.at(-1)!.nodes.find(({ self }) => self)!.takesNew
    expect(takesNew()).toBe(true)
    telling.give({ type: 'replica', assignment: { generation: 4, nodes: [B], slots: new Uint8Array(4096), tied: [] } })
    expect(takesNew()).toBe(false)
  })

  it('that those go on which drain, where no other node works', () => {
    const telling = new Telling()
    telling.lead(member(A, 'draining'), member(B, 'draining'), member(C, 'failure'))
    expect(telling.told.at(-1)!.nodes.map(({ takesNew }) => takesNew)).toEqual([true, true, false])
  })

  it('nodes that are not in the table: their frames are to be known, and their marks are nobody else’s', () => {
    const telling = new Telling()
    telling.lead(member(A))
    const { nodes } = telling.told.at(-1)!
    expect(nodes.map(({ address, takesNew }) => [address, takesNew])).toEqual([
      [A, true],
      [B, false],
      [C, false],
    ])
    expect(new Set(nodes.map(({ mark }) => mark)).size).toBe(3)
  })

  it('a node that is gone: its place stays, and it takes nobody, also where the table has it as it once was', () => {
    const telling = new Telling()
    telling.lead(member(A), member(B), member(C))
    const before = telling.told.at(-1)!.nodes.find(({ address }) => address === C)!
    telling.members([member(A), member(B)], [...macsOf(B), { ...macsOf(C)[0]!, gone: true }])
    const after = telling.told.at(-1)!.nodes.find(({ address }) => address === C)
    expect(after).toEqual({ ...before, takesNew: false, speaks: false, keeps: true, gone: true })
    // Nor does a new node get its row.
    const others = Array.from({ length: 61 }, (_, at) => `10.0.1.${at + 1}`)
    telling.members(
      [member(A), ...others.map((address) => member(address))],
      [...macsOf(B, ...others), { ...macsOf(C)[0]!, gone: true }],
    )
    const { nodes } = telling.told.at(-1)!
    expect(nodes).toHaveLength(64)
    expect(nodes.find(({ address }) => address === C)?.mark).toBe(before.mark)
  })

  it('of owners of slots whom discovery does not name: it has just restarted, they have not gone', () => {
    const telling = new Telling()
    telling.lead(member(A), member(B), member(C))
    telling.members([member(A)], [])
    expect(telling.told.at(-1)!.nodes.map(({ address, mac }) => [address, mac])).toEqual([
      [A, ''],
      [B, macOf(B)],
      [C, macOf(C)],
    ])
    expect(telling.told.at(-1)!.nodes.map(({ takesNew }) => takesNew)).toEqual([true, true, true])
  })

  it('by one who has just started nothing, while discovery, just started, too, does not name an owner of slots', () => {
    const before = new Telling()
    before.lead(member(A), member(B), member(C))
    const telling = new Telling(true, before)
    telling.give({ type: 'fastPathUp' })
    telling.members([member(A)], [])
    telling.members([member(A), member(B)], macsOf(B))
    expect(telling.told).toEqual([])
    telling.members([member(A), member(B), member(C)])
    expect(telling.told.at(-1)!.nodes).toEqual(before.told.at(-1)!.nodes)
  })

  it('when something changed, and when it (re)starts; not by the clock', () => {
    const telling = new Telling()
    telling.lead(member(A), member(B))
    const before = telling.told.length
    telling.members([member(A), member(B)])
    expect(telling.told).toHaveLength(before)
    telling.members([member(A), member(B)], [{ address: B, mac: '02:00:00:00:00:99', left: false, gone: false }])
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
  expect(nodes.find(({ address }) => address === B)).toMatchObject({ takesNew: false })
  const own = nodes.find(({ address }) => address === A)!.mark
  expect(slots.every((mark) => mark === own)).toBe(true)
})
