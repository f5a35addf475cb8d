import { expect } from 'vitest'
import { FIRST, SECOND, SimulatedGroup } from './simulated-group.ts'

export const [A, B, C, D, E] = ['10.10.74.70', '10.10.74.86', '10.10.74.87', '10.10.74.88', '10.10.74.89'] as const

/** A group of which the first node leads the first virtual router, and the second the other one; all is settled. */
export function settledPair(...addresses: readonly string[]): SimulatedGroup {
  const group = new SimulatedGroup()
  for (const address of addresses) group.add(address)
  group.elect(addresses[0]!, FIRST)
  group.elect(addresses[1]!, SECOND)
  group.run(6500)
  return group
}

export const movedBetween = (before: readonly (string | null)[], after: readonly (string | null)[]) =>
  before.filter((owner, slot) => owner !== after[slot]).length

/** The tables of all nodes that live, or of these, name the same owners. */
export function expectAgreement(group: SimulatedGroup, ...only: readonly string[]): void {
  const alive = [...group.nodes].filter(([, node]) => node.alive).map(([address]) => address)
  const [first, ...others] = only.length > 0 ? only : alive
  for (const other of others) expect(movedBetween(group.owners(first!), group.owners(other))).toBe(0)
}

/** Nothing moves on any node for a while: nobody swings between two assignments. */
export function expectRest(group: SimulatedGroup, forMs = 12_000): void {
  const alive = [...group.nodes].filter(([, node]) => node.alive).map(([address]) => address)
  const before = alive.map((address) => group.node(address).table.generation)
  group.run(forMs)
  expect(alive.map((address) => group.node(address).table.generation)).toEqual(before)
}

/** Whoever owned a slot and lives owns it still. */
export function expectKept(
  before: readonly (string | null)[],
  after: readonly (string | null)[],
  dead: readonly string[],
): void {
  expect(after.filter((owner) => dead.includes(owner ?? ''))).toEqual([])
  expect(after.every((owner, slot) => owner === before[slot] || dead.includes(before[slot] ?? ''))).toBe(true)
}

export const directorsAt = (group: SimulatedGroup, address: string) =>
  group
    .describe(address)
    .members.filter(({ director }) => director)
    .map((member) => member.address)
