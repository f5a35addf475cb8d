import type { Member } from '../discovery/messages.ts'
import type { Balance } from './policy.ts'
import { indexOfAddress, type Progress } from './state.ts'

/** A node that goes by another address. */
interface Move {
  readonly from: string
  readonly to: string
}

/** Nodes of which the address alone is another one: the same name behind the same MAC. */
export function movesBetween(before: readonly Member[], after: readonly Member[]): readonly Move[] {
  const there = new Set(after.map(({ address }) => address))
  const gone = before.filter(({ address, mac }) => mac !== '' && !there.has(address))
  return gone.flatMap(({ address: from, name, mac }): readonly Move[] => {
    const same = after.find((member) => member.name === name && member.mac === mac)
    return same === undefined ? [] : [{ from, to: same.address }]
  })
}

/** The node keeps its row, its slots, and with them its clients: nothing else of it has changed. */
export function withMove(progress: Progress, { from, to }: Move): Progress {
  const { state, effects } = progress
  const index = indexOfAddress(state, from)
  const row = state.rows[index]
  if (row == null || indexOfAddress(state, to) >= 0) return progress
  const node = { ...row, address: to }
  const absentSinceMs = new Map(state.absentSinceMs)
  absentSinceMs.delete(from)
  return {
    state: {
      ...state,
      rows: state.rows.with(index, node),
      tied: new Map([...state.tied].map(([client, node]) => [client, node === from ? to : node])),
      weights: renamed(state.weights, from, to),
      balance: balanceRenamed(state.balance, from, to),
      absentSinceMs,
    },
    effects: [...effects, { type: 'writeNode', index, node }],
  }
}

const balanceRenamed = (balance: Balance, from: string, to: string): Balance => ({
  ...balance,
  nodes: renamed(balance.nodes, from, to),
  adopted: renamed(balance.adopted, from, to),
})

const renamed = <Value>(map: ReadonlyMap<string, Value>, from: string, to: string): ReadonlyMap<string, Value> =>
  new Map([...map].map(([address, value]) => [address === from ? to : address, value]))
