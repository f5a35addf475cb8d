import { describe, expect, it } from 'vitest'
import { type BeaconFragment, openBeacon, sealBeacon } from '../../../../runtime/wire/beacon/beacon.ts'
import { type PartialBody, reassemble } from '../../../../runtime/wire/beacon/reassembly.ts'

const sender = { address: '10.10.74.70', virtualRouterId: 51, epoch: '00000000000000aa', key: null, version: 5 }
const toAll = { destination: '255.255.255.255', audience: new Map() }
const body = Uint8Array.from({ length: 4096 }, (_, at) => at % 256)

const fragmentsFrom = (sequence: number): BeaconFragment[] =>
  sealBeacon('assignment', body, sequence, sender, toAll).map((packet) => {
    const opened = openBeacon(packet, 51, [])
    if (!opened.ok) throw new Error(opened.reason)
    return opened.fragment
  })

/** What becomes of a row of fragments: the kinds of the outcomes, and the bodies. */
function fed(fragments: readonly BeaconFragment[]) {
  let partial: PartialBody | null = null
  const kinds: string[] = []
  const bodies: Uint8Array[] = []
  for (const fragment of fragments) {
    const outcome = reassemble(partial, fragment)
    partial = outcome.kind === 'partial' ? outcome.partial : null
    if (outcome.kind === 'whole') bodies.push(outcome.body)
    kinds.push(outcome.kind)
  }
  return { kinds, bodies }
}

describe('the fragments of a body', () => {
  it('are put together when all come in order', () => {
    const { kinds, bodies } = fed(fragmentsFrom(1))
    expect(kinds).toEqual(['partial', 'partial', 'partial', 'whole'])
    expect(Buffer.compare(bodies[0]!, body)).toBe(0)
  })

  it('are given up when any of them but the last is missing, and the next body is taken whole', () => {
    for (const missing of [0, 1, 2]) {
      const first = fragmentsFrom(1).filter((_, at) => at !== missing)
      const { kinds, bodies } = fed([...first, ...fragmentsFrom(5)])
      expect(kinds.slice(0, 3)).toContain('broken')
      expect(bodies).toHaveLength(1)
      expect(Buffer.compare(bodies[0]!, body)).toBe(0)
    }
  })

  it('are not mixed with those of another body', () => {
    const [first, second] = [fragmentsFrom(1), fragmentsFrom(5)]
    expect(fed([first[0]!, second[1]!]).kinds).toEqual(['partial', 'broken'])
    expect(fed([first[0]!, { ...first[1]!, epoch: '00000000000000bb' }]).kinds).toEqual(['partial', 'broken'])
    expect(fed([first[0]!, { ...first[1]!, type: 'hello' }]).kinds).toEqual(['partial', 'broken'])
    expect(fed([first[0]!, { ...first[1]!, count: 3 }]).kinds).toEqual(['partial', 'broken'])
  })
})
