import { describe, expect, it } from 'vitest'
import { A, B, C } from './agreement.ts'
import { SimulatedGroup } from './simulated-group.ts'

/** A version after this one: it reads this one, and writes another. */
const next = { versions: { oldest: 5, newest: 6 } }

const IP_HEADER_BYTES = 20
const HELLO = 1

/** Versions that each node has written since, but for hellos, which anybody reads. */
function written(group: SimulatedGroup, from: number): Readonly<Record<string, readonly number[]>> {
  const beacons = group.frames
    .slice(from)
    .map(({ source, packet }) => ({ source, beacon: packet.subarray(IP_HEADER_BYTES) }))
  const bySource = Map.groupBy(
    beacons.filter(({ beacon }) => beacon[3] !== HELLO),
    ({ source }) => source,
  )
  return Object.fromEntries(
    [...bySource].map(([source, own]) => [source, [...new Set(own.map(({ beacon }) => beacon[2]!))]]),
  )
}

describe('nodes of this version and of the next', () => {
  it('make one group, whoever leads, and nothing is refused', () => {
    for (const director of [A, B]) {
      const group = new SimulatedGroup()
      group.add(A)
      group.add(B, next)
      group.add(C, next)
      group.elect(director)
      group.run(10_000)
      for (const address of [A, B, C]) {
        expect(group.health(address)).toMatchObject({ [address]: 'ok', [director]: 'ok' })
        expect(group.describe(address).counters.unknownVersion ?? 0).toBe(0)
        expect(group.owners(address)).toEqual(group.owners(director))
      }
    }
  })

  it('write the next one as soon as all read it, and this one again when one comes that does not', () => {
    const group = new SimulatedGroup()
    group.add(B, next)
    group.add(C, next)
    group.elect(B)
    group.run(10_000)
    const settled = group.frames.length
    group.run(12_000)
    expect(written(group, settled)).toEqual({ [B]: [6], [C]: [6] })
    group.add(A)
    group.assume(A, B)
    group.run(12_000)
    expect(group.health(B)).toEqual({ [A]: 'ok', [B]: 'ok', [C]: 'ok' })
    expect(group.owners(A)).toEqual(group.owners(B))
    const joined = group.frames.length
    group.run(12_000)
    expect(written(group, joined)).toEqual({ [A]: [5], [B]: [5], [C]: [6] })
    group.kill(A)
    group.run(70_000)
    const left = group.frames.length
    group.run(12_000)
    expect(written(group, left)).toEqual({ [B]: [6], [C]: [6] })
  })
})
