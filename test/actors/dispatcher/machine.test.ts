import { describe, expect, it } from 'vitest'
import type { Assignment, Health, Member } from '../../../actors/discovery/messages.ts'
import { assignmentOf, step } from '../../../actors/dispatcher/machine.ts'
import { nobodysSlots } from '../../../actors/dispatcher/slots.ts'
import {
  type AdoptedTable,
  type DispatcherEffect,
  type DispatcherEvent,
  initialState,
} from '../../../actors/dispatcher/state.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import type { NodeSetting } from '../../../runtime/table/node-rows.ts'
import { memberOf } from './members.ts'
import { rulesOf } from './rules.ts'

const [A, B, C] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const
const empty: AdoptedTable = { nodes: [], slots: nobodysSlots(), generation: 0, tied: [] }

/** A dispatcher on node A, fed by hand. */
class Fed {
  nowMs = 0
  #state
  readonly effects: DispatcherEffect[] = []

  constructor(adopted: AdoptedTable = empty, portsByRedirect: readonly number[] = [], resetsOnFailure = false) {
    this.#state = initialState(rulesOf(A, { portsByRedirect, resetsOnFailure, triedPorts: [3128] }), adopted)
  }

  get state() {
    return this.#state
  }

  give(event: DispatcherEvent): readonly DispatcherEffect[] {
    const { state, effects } = step(this.#state, event, this.nowMs)
    this.#state = state
    this.effects.push(...effects)
    return effects
  }

  role(role: 'director' | 'scanning', instance = 'VI_51') {
    return this.give({ type: 'role', instance, virtualIps: [], role, masterAddress: null, masterPriority: null })
  }

  members(...members: readonly Member[]) {
    return this.give({ type: 'membership', members, macs: [], assigner: null })
  }

  /** The same members, and who assigns now. */
  assigner(assigner: string | null) {
    return this.give({ type: 'membership', members: this.#state.members, macs: [], assigner })
  }

  shares(): Record<string, number> {
    const { nodes, slots } = assignmentOf(this.#state)
    const shares: Record<string, number> = {}
    for (const owner of slots) shares[nodes[owner] ?? 'nobody'] = (shares[nodes[owner] ?? 'nobody'] ?? 0) + 1
    return shares
  }
}

const member = (address: string, health: Health = 'ok', changes: Partial<Member> = {}) =>
  memberOf(address, { self: address === A, health, ...changes })

const written = (effects: readonly DispatcherEffect[]) => effects.filter((effect) => effect.type === 'writeSlots')
const published = (effects: readonly DispatcherEffect[]) =>
  effects.flatMap((effect) =>
    effect.type === 'send' && effect.to === 'discovery' && effect.message.type === 'publish'
      ? [effect.message.assignment]
      : [],
  )
const rows = (effects: readonly DispatcherEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'writeNode' ? [effect.node] : []))

describe('a director', () => {
  it('writes and publishes a new generation whenever slots move, and only then', () => {
    const fed = new Fed()
    fed.role('director')
    const joined = fed.members(member(A), member(B))
    expect(written(joined).map(({ generation }) => generation)).toEqual([2])
    expect(published(joined)[0]).toMatchObject({ generation: 2, nodes: [A, B] })
    expect(published(joined)[0]!.slots).toHaveLength(4096)
    expect(fed.members(member(A), member(B))).toEqual([])
  })

  it('serves alone when it becomes director before discovery has spoken', () => {
    const fed = new Fed()
    const effects = fed.role('director')
    expect(fed.shares()).toEqual({ [A]: 4096 })
    expect(rows(effects)).toEqual([{ address: A, state: 'ok', weight: 256 }])
  })

  it('writes the state of a node before the slots that leave it', () => {
    const fed = new Fed()
    fed.role('director')
    fed.members(member(A), member(B))
    const kinds = fed.members(member(A), member(B, 'failure')).map((effect) => effect.type)
    expect(kinds.indexOf('writeNode')).toBeLessThan(kinds.indexOf('writeSlots'))
    expect(fed.state.rows.find((row) => row?.address === B)).toMatchObject({ state: 'failure', weight: 0 })
  })

  it('says what moved in one log line', () => {
    const fed = new Fed()
    fed.role('director')
    const lines = fed.members(member(A), member(B)).flatMap((effect) => (effect.type === 'log' ? [effect.line] : []))
    expect(lines).toEqual([`slots: 2048 moved, generation 2: ${A} 2048, ${B} 2048; ${B} (${B}) has joined`])
  })

  it('says in the words of the original whether it spreads connections, when that changes', () => {
    const fed = new Fed()
    const lines = (...effects: readonly (readonly DispatcherEffect[])[]) =>
      effects.flat().flatMap((effect) => (effect.type === 'log' && effect.line.startsWith('set ') ? [effect.line] : []))
    expect(lines(fed.role('scanning'))).toEqual(['set lbnetwork 0'])
    expect(lines(fed.role('director'), fed.role('director', 'VI_52'))).toEqual(['set lbnetwork 1'])
    expect(lines(fed.role('scanning'))).toEqual([])
    expect(lines(fed.role('scanning', 'VI_52'))).toEqual(['set lbnetwork 0'])
  })

  it('says why slots move', () => {
    const fed = new Fed()
    const reasons = (effects: readonly DispatcherEffect[]) =>
      effects.flatMap((effect) =>
        effect.type === 'log' && effect.line.startsWith('slots') ? effect.line.split('; ').slice(1) : [],
      )
    const named = (health: Health = 'ok', changes: Partial<Member> = {}) =>
      member(B, health, { name: 'saturn', ...changes })
    const who = `saturn (${B})`
    expect(reasons(fed.role('director'))).toEqual(['this node assigns them from now on'])
    expect(reasons(fed.members(member(A), named()))).toEqual([`${who} has joined`])
    expect(reasons(fed.members(member(A), named('failure')))).toEqual([`${who} has failed`])
    expect(reasons(fed.members(member(A), named()))).toEqual([`${who} works again`])
    expect(reasons(fed.members(member(A), named('stale')))).toEqual([`${who} is not heard any more`])
    expect(reasons(fed.members(member(A), named()))).toEqual([`${who} is heard again`])
    expect(reasons(fed.members(member(A), named('draining')))).toEqual([`${who} drains`])
    expect(reasons(fed.members(member(A), named()))).toEqual([`${who} drains no more`])
    const weighed = `${who} is weighed anew: capacity 300`
    expect(reasons(fed.members(member(A), named('ok', { capacity: 300 })))).toEqual([weighed, 'nothing holds it back'])
    fed.members(member(A), named())
    fed.members(member(A))
    fed.nowMs += 10_000
    expect(reasons(fed.members(member(A)))).toEqual([`${B} is gone`])
  })

  it('says why slots move when another director is followed', () => {
    const fed = new Fed()
    fed.role('director')
    fed.members(member(A), member(B), member(C))
    fed.role('scanning')
    fed.members(member(A), member(C))
    fed.nowMs += 60_000
    const lines = [...fed.members(member(A), member(B, 'stale'), member(C)), ...fed.role('director')].flatMap(
      (effect) => (effect.type === 'log' ? [effect.line] : []),
    )
    expect(lines.at(-1)).toMatch(
      new RegExp(`; this node assigns them from now on; ${B} \\(${B}\\) is not heard any more$`),
    )
  })

  it('moves nobody for a load that is no overload', () => {
    const fed = new Fed()
    fed.role('director')
    fed.members(member(A), member(B))
    const busy = [member(A), member(B, 'ok', { cpu: 0.85 })]
    const changes: number[] = []
    for (fed.nowMs = 1000; fed.nowMs <= 31_000; fed.nowMs += 1000) {
      if (written(fed.members(...busy)).length > 0) changes.push(fed.nowMs)
    }
    expect(changes).toEqual([])
    expect(fed.shares()).toEqual({ [A]: 2048, [B]: 2048 })
  })

  it('takes all slots of an overloaded node at once, which keeps its row: it works, and who has connections stays', () => {
    const fed = new Fed()
    fed.role('director')
    for (let second = 0; second < 5; second++) {
      fed.nowMs = second * 1000
      fed.members(member(A), member(B, 'ok', { cpu: 0.95 }))
    }
    expect(fed.shares()).toEqual({ [A]: 4096 })
    expect(fed.state.rows.find((row) => row?.address === B)).toMatchObject({ state: 'ok', weight: 0 })
  })

  it('shares slots out by capacity, and says so in weights of at most 256', () => {
    const fed = new Fed()
    fed.role('director')
    fed.members(
      member(A, 'ok', { capacity: 1000 }),
      member(B, 'ok', { capacity: 500 }),
      member(C, 'ok', { capacity: 500 }),
    )
    expect(fed.shares()).toEqual({ [A]: 2048, [B]: 1024, [C]: 1024 })
    expect(fed.state.rows.slice(0, 3).map((row) => row?.weight)).toEqual([256, 128, 128])
  })

  it('remembers when each slot came to its owner', () => {
    const fed = new Fed()
    fed.role('director')
    fed.nowMs = 7000
    fed.members(member(A), member(B))
    const at = (address: string) =>
      new Set(fed.state.movedAtMs.filter((_, slot) => fed.state.rows[fed.state.slots[slot]!]?.address === address))
    expect([at(A), at(B)]).toEqual([new Set([0]), new Set([7000])])
  })

  it('keeps an owner that the membership does not name for the time of grace, and no longer', () => {
    const fed = new Fed()
    fed.role('director')
    fed.members(member(A), member(B))
    for (fed.nowMs = 1000; fed.nowMs < 6000; fed.nowMs += 1000) {
      fed.members(member(A))
      expect(fed.shares()).toEqual({ [A]: 2048, [B]: 2048 })
    }
    fed.members(member(A))
    expect(fed.shares()).toEqual({ [A]: 4096 })
    expect(fed.state.rows.find((row) => row?.address === B)).toMatchObject({ state: 'stale', weight: 0 })
  })

  it('publishes again when discovery has started anew', () => {
    const fed = new Fed()
    fed.role('director')
    fed.members(member(A), member(B))
    expect(published(fed.give({ type: 'discoveryUp' }))).toMatchObject([{ generation: 2, nodes: [A, B] }])
  })

  it('takes no replica', () => {
    const fed = new Fed()
    fed.role('director')
    expect(fed.give({ type: 'replica', assignment: assignment([B], 99) })).toEqual([])
    expect(fed.shares()).toEqual({ [A]: 4096 })
  })

  it('gives a row of a node that is gone to a new one when all 64 are used, and warns when none is gone', () => {
    const fed = new Fed()
    const host = (at: number) => member(`10.10.75.${at}`)
    const first = Array.from({ length: 64 }, (_, at) => host(at))
    fed.role('scanning')
    fed.members(...first)
    fed.members(...first, host(64))
    expect(textsOf(fed.state.warnings)).toEqual(['no room in the table for node 10.10.75.64'])
    fed.members(...first.slice(1), host(64))
    expect(textsOf(fed.state.warnings)).toEqual([])
    expect(fed.state.rows[0]?.address).toBe('10.10.75.64')
  })
})

/** Slots in turn to these nodes. */
function assignment(nodes: readonly string[], generation: number): Assignment {
  return { generation, nodes, slots: Uint8Array.from({ length: 4096 }, (_, slot) => slot % nodes.length), tied: [] }
}

describe('a scanning node', () => {
  it("writes the director's slots and generation, by the indexes of its own table", () => {
    const fed = new Fed()
    fed.role('scanning')
    fed.members(member(A), member(C))
    const effects = fed.give({ type: 'replica', assignment: assignment([C, B, A], 7) })
    expect(written(effects)).toHaveLength(1)
    expect(fed.state.generation).toBe(7)
    const owner = (slot: number) => fed.state.rows[fed.state.slots[slot]!]?.address
    expect([owner(0), owner(1), owner(2)]).toEqual([C, B, A])
    expect(published(effects)).toEqual([])
  })

  it('writes nothing when the same replica comes again', () => {
    const fed = new Fed()
    fed.role('scanning')
    fed.give({ type: 'replica', assignment: assignment([A, B], 7) })
    expect(fed.give({ type: 'replica', assignment: assignment([A, B], 7) })).toEqual([])
  })

  it('moves no slots by itself', () => {
    const fed = new Fed()
    fed.role('scanning')
    fed.give({ type: 'replica', assignment: assignment([A, B], 7) })
    expect(written(fed.members(member(A), member(B, 'stale')))).toEqual([])
    expect(fed.shares()).toEqual({ [A]: 2048, [B]: 2048 })
  })

  it('follows a director whose generations start from the beginning', () => {
    const fed = new Fed()
    fed.role('scanning')
    fed.give({ type: 'replica', assignment: assignment([A, B], 700) })
    fed.give({ type: 'replica', assignment: assignment([B], 1) })
    expect(fed.shares()).toEqual({ [B]: 4096 })
    expect(fed.state.generation).toBe(1)
  })
})

describe('a promotion', () => {
  it('publishes the slots as they were when every owner is usable, without a new generation', () => {
    const fed = new Fed()
    fed.role('scanning')
    fed.members(member(A), member(B))
    fed.give({ type: 'replica', assignment: assignment([A, B, C].slice(0, 2), 7) })
    const effects = fed.role('director')
    expect(written(effects)).toEqual([])
    expect(published(effects)).toMatchObject([{ generation: 7, nodes: [A, B] }])
  })

  it('moves no slot of a group whose weights were not equal', () => {
    const slots = Uint8Array.from({ length: 4096 }, (_, slot) => (slot < 2341 ? 0 : 1))
    const fed = new Fed()
    fed.role('scanning')
    fed.members(member(A), member(B))
    fed.give({ type: 'replica', assignment: { generation: 7, nodes: [A, B], slots, tied: [] } })
    expect(written(fed.role('director'))).toEqual([])
    fed.nowMs = 1000
    expect(written(fed.members(member(A), member(B)))).toEqual([])
  })

  it('moves no slot of a group in which a node is being started slowly', () => {
    for (const owned of [373, 585, 1234, 2000]) {
      const fed = new Fed()
      fed.role('scanning')
      fed.members(member(A), member(B))
      const slots = Uint8Array.from({ length: 4096 }, (_, slot) => (slot < owned ? 1 : 0))
      fed.give({ type: 'replica', assignment: { generation: 7, nodes: [A, B], slots, tied: [] } })
      expect(written(fed.role('director'))).toEqual([])
      fed.nowMs = 1000
      expect(written(fed.members(member(A), member(B)))).toEqual([])
    }
  })

  it('moves the slots of the director that died at once', () => {
    const fed = new Fed()
    fed.role('scanning')
    fed.members(member(A), member(B))
    fed.give({ type: 'replica', assignment: assignment([A, B, C], 7) })
    fed.members(member(A), member(B, 'stale'))
    fed.role('director')
    expect(Object.keys(fed.shares()).sort()).toEqual([A, C])
  })
})

describe('where another director assigns', () => {
  /** Director of one instance, and so is B of another one, which assigns. */
  function following(): Fed {
    const fed = new Fed()
    fed.role('scanning', 'VI_51')
    fed.members(member(A), member(B))
    fed.assigner(B)
    fed.give({ type: 'replica', assignment: assignment([A, B], 7) })
    fed.role('director', 'VI_52')
    return fed
  }

  it('a director moves no slots and publishes nothing, whatever becomes of the members', () => {
    const fed = following()
    const health = ['ok', 'stale', 'failure', 'ok'] as const
    const effects = health.flatMap((each) => [
      ...fed.give({ type: 'membership', members: [member(A), member(B, each)], macs: [], assigner: B }),
    ])
    expect([written(effects), published(effects), published(fed.give({ type: 'discoveryUp' }))]).toEqual([[], [], []])
    expect(rows(effects).map(({ state }) => state)).toEqual(['stale', 'failure', 'ok'])
  })

  it("a director copies that one's slots", () => {
    const fed = following()
    fed.give({ type: 'replica', assignment: assignment([B, C], 8) })
    expect(Object.keys(fed.shares()).sort()).toEqual([B, C])
    expect(fed.state.generation).toBe(8)
  })

  it('a director goes on from its slots once it assigns itself, publishes them, and looks at loads later', () => {
    const fed = following()
    fed.nowMs = 60_000
    const busy = [member(A), member(B, 'ok', { cpu: 1 })]
    const effects = fed.give({ type: 'membership', members: busy, macs: [], assigner: A })
    expect(written(effects)).toEqual([])
    expect(published(effects)).toMatchObject([{ generation: 7, nodes: [A, B] }])
    for (let second = 0; second < 6; second++) {
      fed.nowMs += 1000
      fed.give({ type: 'membership', members: busy, macs: [], assigner: A })
    }
    expect(fed.shares()).toEqual({ [A]: 4096 })
  })

  it('a node that leads nothing never assigns', () => {
    const fed = following()
    fed.role('scanning', 'VI_52')
    expect(published(fed.give({ type: 'membership', members: [member(A)], macs: [], assigner: A }))).toEqual([])
  })
})

describe('a director of two instances', () => {
  it('goes on assigning when it loses one of them, and not when it loses both', () => {
    const fed = new Fed()
    for (const instance of ['VI_51', 'VI_52']) fed.role('director', instance)
    fed.role('scanning', 'VI_51')
    expect(published(fed.members(member(A), member(B)))).toHaveLength(1)
    fed.role('scanning', 'VI_52')
    expect(published(fed.members(member(A)))).toEqual([])
  })
})

describe('a dispatcher that starts again', () => {
  const nodes: NodeSetting[] = [
    { address: C, state: 'ok', weight: 256 },
    { address: A, state: 'ok', weight: 256 },
  ]
  const adopted: AdoptedTable = { nodes, slots: nobodysSlots().map((_, slot) => slot % 2), generation: 41, tied: [] }

  it('goes on from the slots, rows and generation that are in the table', () => {
    const fed = new Fed(adopted)
    expect(written(fed.role('director'))).toEqual([])
    fed.nowMs = 100
    expect(written(fed.members(member(A), member(C)))).toEqual([])
    expect(fed.shares()).toEqual({ [A]: 2048, [C]: 2048 })
    fed.members(member(A), member(C, 'failure'))
    expect(fed.state.generation).toBe(42)
    expect(fed.state.rows.slice(0, 2).map((row) => row?.address)).toEqual([C, A])
  })
})

describe('a port that fails for itself alone', () => {
  it('is written down at the rows of the nodes where it does, for the redirects that lead to it', () => {
    const fed = new Fed(undefined, [3128, 2121, 3128])
    fed.role('director')
    fed.members(member(A), { ...member(B), failedPorts: [3128] })
    expect(fed.state.rows.slice(0, 2)).toMatchObject([{ address: A }, { address: B, failing: 0b101 }])
    expect(fed.state.rows[0]).not.toHaveProperty('failing')
    fed.members(member(A), member(B))
    expect(fed.state.rows[1]).not.toHaveProperty('failing')
  })
})

describe('idle clients', () => {
  it('are swept every 5 s, in any role', () => {
    const fed = new Fed()
    expect(fed.give({ type: 'start' })).toMatchObject([{ type: 'startTimer', timer: 'sweep', delayMs: 5000 }])
    const effects = fed.give({ type: 'timerExpired', timer: 'sweep' })
    expect(effects).toMatchObject([{ type: 'sweep', idleS: 600 }, { type: 'startTimer' }])
  })
})

describe('what is open at a node', () => {
  const resetsOf = (fed: Fed) => fed.state.rows.filter((row) => row?.resets === true).map((row) => row!.address)
  const led = (resetsOnFailure: boolean) => {
    const fed = new Fed(empty, [], resetsOnFailure)
    fed.role('director')
    fed.members(memberOf(A), memberOf(B))
    return fed
  }

  it('is left alone while it drains or is in maintenance, and reset when the time of that is over', () => {
    const fed = led(false)
    fed.members(memberOf(A), memberOf(B, { health: 'draining' }))
    fed.members(memberOf(A), memberOf(B, { health: 'draining', maint: 'on' }))
    expect(resetsOf(fed)).toEqual([])
    fed.members(memberOf(A), memberOf(B, { health: 'draining', maint: 'due' }))
    expect(resetsOf(fed)).toEqual([B])
    fed.members(memberOf(A), memberOf(B))
    expect(resetsOf(fed)).toEqual([])
  })

  it('is never reset at a node that serves because no other does', () => {
    const fed = led(false)
    fed.members(memberOf(A, { health: 'failure' }), memberOf(B, { health: 'draining', maint: 'due' }))
    expect(resetsOf(fed)).toEqual([])
  })

  it.each(['failure', 'stale'] as const)(
    'is left alone when it is in %s, and reset where that is configured',
    (health) => {
      const members = [memberOf(A), memberOf(B, { health })] as const
      const [keeping, resetting] = [led(false), led(true)]
      keeping.members(...members)
      resetting.members(...members)
      expect([resetsOf(keeping), resetsOf(resetting)]).toEqual([[], [B]])
    },
  )

  it('is left alone when it has left in order, whatever is configured', () => {
    const fed = led(true)
    const macs = [{ address: B, mac: '', left: true, gone: false }]
    fed.give({ type: 'membership', members: [memberOf(A), memberOf(B, { health: 'stale' })], macs, assigner: null })
    expect(resetsOf(fed)).toEqual([])
  })
})

it('of nodes that all drain those that are not in maintenance go on', () => {
  const fed = new Fed()
  fed.role('director')
  fed.members(memberOf(A, { health: 'draining', maint: 'on' }), memberOf(B, { health: 'draining' }))
  expect(fed.state.rows.filter((row) => row?.state === 'ok').map((row) => row!.address)).toEqual([B])
})
