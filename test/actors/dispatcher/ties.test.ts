import { beforeEach, describe, expect, it } from 'vitest'
import { forwardingOf } from '../../../actors/dispatcher/forwarding.ts'
import { step } from '../../../actors/dispatcher/machine.ts'
import { nobodysSlots } from '../../../actors/dispatcher/slots.ts'
import {
  type AdoptedTable,
  type DispatcherEffect,
  type DispatcherEvent,
  type DispatcherState,
  initialState,
} from '../../../actors/dispatcher/state.ts'
import { refusalOfTie } from '../../../actors/dispatcher/ties.ts'
import { MAX_TIED } from '../../../runtime/wire/group-bounds.ts'
import { memberOf } from './members.ts'
import { rulesOf } from './rules.ts'

const [A, B, NEW] = ['10.10.74.70', '10.10.74.86', '10.10.74.99'] as const
const CLIENT = '10.10.1.7'
const rules = rulesOf(A, { tellsFastPath: true })

let state: DispatcherState
beforeEach(() => begin())

function begin(adopted: Partial<AdoptedTable> = {}): void {
  state = initialState(rules, { nodes: [], slots: nobodysSlots(), generation: 0, tied: [], ...adopted })
}
function give(event: DispatcherEvent): readonly DispatcherEffect[] {
  const next = step(state, event, 0)
  state = next.state
  return next.effects
}
const lead = (role: 'director' | 'scanning' = 'director') =>
  give({ type: 'role', instance: 'VI_51', virtualIps: [], role, masterAddress: null, masterPriority: null })
const members = (address: string = B) =>
  give({
    type: 'membership',
    members: [memberOf(A, { self: true }), memberOf(address, { name: 'uranus', mac: '02:00:00:00:00:02' })],
    macs: [{ address, mac: '02:00:00:00:00:02', left: false, gone: false }],
    assigner: null,
  })
const tie = (client: string, node: string | null) => give({ type: 'tie', client, node })
const writtenBy = (effects: readonly DispatcherEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'writeTied' ? [effect.tied] : []))
const publishedBy = (effects: readonly DispatcherEffect[]) =>
  effects.flatMap((effect) =>
    effect.type === 'send' && effect.to === 'discovery' && effect.message.type === 'publish'
      ? [effect.message.assignment]
      : [],
  )
const row = () => state.rows.findIndex((each) => each?.address === B)

describe('a director', () => {
  beforeEach(() => {
    lead()
    members()
  })

  it('has a tied client in the table, tells the fast path and the group, and the log whom it goes to', () => {
    const { generation } = state
    const effects = tie(CLIENT, B)
    expect(writtenBy(effects)).toEqual([[{ client: CLIENT, node: row() }]])
    expect(publishedBy(effects)).toMatchObject([{ generation: generation + 1, tied: [{ client: CLIENT, node: B }] }])
    expect(forwardingOf(state).tied).toEqual([{ client: CLIENT, mark: row() + 1 }])
    expect(effects).toContainEqual(expect.objectContaining({ to: 'fast-path' }))
    expect(effects).toContainEqual({
      type: 'log',
      level: 'info',
      line: `client ${CLIENT} is tied to uranus (${B}): its new connections go there`,
    })
  })

  it('takes it back', () => {
    tie(CLIENT, B)
    const effects = tie(CLIENT, null)
    expect(writtenBy(effects)).toEqual([[]])
    expect(publishedBy(effects)).toMatchObject([{ tied: [] }])
    expect(forwardingOf(state).tied).toEqual([])
  })

  it('keeps it for a node that goes by another address, and for one that is away', () => {
    tie(CLIENT, B)
    members(NEW)
    expect([...state.tied]).toEqual([[CLIENT, NEW]])
    expect(forwardingOf(state).tied).toHaveLength(1)
  })

  it('refuses what is beyond the bound, and to take back what is not', () => {
    for (let index = 0; index < MAX_TIED; index++) tie(`fd00::${index.toString(16)}`, B)
    expect(refusalOfTie(state.tied, CLIENT, B)).toBe('full')
    expect(refusalOfTie(state.tied, 'fd00::1', A), 'one that is tied may go elsewhere').toBeNull()
    expect(refusalOfTie(state.tied, CLIENT, null)).toBe('notTied')
    expect(tie(CLIENT, B)).toEqual([])
    expect(state.tied.size).toBe(MAX_TIED)
  })
})

describe('another node', () => {
  it('copies what the director has ordered, takes no order itself, and goes by it when it leads', () => {
    lead('scanning')
    members()
    const slots = nobodysSlots().fill(0)
    const assignment = { generation: 7, nodes: [B], slots, tied: [{ client: CLIENT, node: B }] }
    expect(writtenBy(give({ type: 'replica', assignment }))).toEqual([[{ client: CLIENT, node: row() }]])
    expect(give({ type: 'replica', assignment }), 'said again').toEqual([])
    expect(tie('10.10.1.8', A)).toEqual([])
    expect(publishedBy(lead()).at(-1)).toMatchObject({ tied: [{ client: CLIENT, node: B }] })
    expect(writtenBy(give({ type: 'replica', assignment: { ...assignment, generation: 9, tied: [] } }))).toEqual([])
  })

  it('takes back what the director took back, though no slot has moved', () => {
    lead('scanning')
    members()
    const slots = nobodysSlots().fill(0)
    give({ type: 'replica', assignment: { generation: 7, nodes: [B], slots, tied: [{ client: CLIENT, node: B }] } })
    expect(writtenBy(give({ type: 'replica', assignment: { generation: 8, nodes: [B], slots, tied: [] } }))).toEqual([
      [],
    ])
  })
})

it('one that starts again goes on from the table', () => {
  begin({
    nodes: [
      { address: A, state: 'ok', weight: 256 },
      { address: B, state: 'ok', weight: 256 },
    ],
    tied: [{ client: CLIENT, node: 1 }],
  })
  expect([...state.tied]).toEqual([[CLIENT, B]])
})
