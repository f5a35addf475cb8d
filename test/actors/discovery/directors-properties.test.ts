import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAssigning } from '../../../actors/dispatcher/state.ts'
import { SeededRandom } from '../../fakes/random.ts'
import { SimulatedGroup } from './simulated-group.ts'

const NODES = ['10.10.74.70', '10.10.74.86', '10.10.74.87', '10.10.74.9', '10.10.74.100'] as const
const INSTANCES = ['VI_51', 'VI_52', 'VI_53'] as const

const BLOWS = ['kill', 'restart', 'fail', 'recover', 'drain', 'undrain', 'crash'] as const
type Blow = (typeof BLOWS)[number]

type Trouble =
  | { readonly type: Blow; readonly node: number }
  /** The elections come to their end: for each virtual router the highest node that lives. */
  | { readonly type: 'elect' }
  /** One node takes itself for director as well, until the next elections. */
  | { readonly type: 'usurp'; readonly node: number; readonly instance: number }
  | { readonly type: 'lose'; readonly share: number }
  /** The first so many nodes and the others hear each other no more. */
  | { readonly type: 'divide'; readonly at: number }
  | { readonly type: 'pass'; readonly ms: number }

const node = fc.nat({ max: NODES.length - 1 })
const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({ type: fc.constantFrom(...BLOWS), node }),
  fc.record({ type: fc.constant('elect') }),
  fc.record({ type: fc.constant('usurp'), node, instance: fc.nat({ max: INSTANCES.length - 1 }) }),
  fc.record({ type: fc.constant('lose'), share: fc.constantFrom(0, 0.1, 0.5, 1) }),
  fc.record({ type: fc.constant('divide'), at: fc.nat({ max: NODES.length }) }),
  fc.record({ type: fc.constant('pass'), ms: fc.integer({ min: 1, max: 5000 }) }),
)

/** The nodes from the highest priority to the lowest, for each virtual router. */
const priorities = fc.tuple(...INSTANCES.map(() => fc.shuffledSubarray([...NODES], { minLength: NODES.length })))

/** A group in trouble, and what VRRP would make of it. */
class Troubled {
  readonly group = new SimulatedGroup()
  readonly #priorities: readonly (readonly string[])[]
  /** Which packet is lost: the same in each run of a seed. */
  readonly #dice: SeededRandom

  constructor(orders: readonly (readonly string[])[], seed: number) {
    const instances = INSTANCES.map((name, at) => ({ name, family: 'ipv4' as const, virtualRouterId: 51 + at }))
    for (const address of NODES) this.group.add(address, { instances })
    this.#priorities = orders
    this.#dice = new SeededRandom(seed)
    this.elect()
  }

  elect(): void {
    for (const [at, instance] of INSTANCES.entries()) {
      const leader = this.#priorities[at]!.find((address) => this.group.node(address).alive)
      if (leader !== undefined) this.group.elect(leader, instance)
    }
  }

  suffer(what: Trouble): void {
    const { group } = this
    switch (what.type) {
      case 'pass':
        group.run(what.ms)
        return
      case 'elect':
        this.elect()
        return
      case 'lose':
        group.isLost = () => this.#dice.uint32() / 2 ** 32 < what.share
        return
      case 'divide': {
        const half = new Set<string>(NODES.slice(0, what.at))
        group.isLost = ({ source }, to) => half.has(source) !== half.has(to)
        return
      }
      case 'usurp':
        if (group.node(NODES[what.node]!).alive)
          group.assume(NODES[what.node]!, NODES[what.node]!, INSTANCES[what.instance]!)
        return
      default:
        this.#strike(what.type, NODES[what.node]!)
    }
  }

  #strike(type: Blow, address: string): void {
    const { group } = this
    const { alive } = group.node(address)
    if (type === 'restart' && !alive) group.restart(address)
    if (!alive) return
    if (type === 'kill') group.kill(address)
    if (type === 'crash') group.restartDiscovery(address)
    if (type === 'fail') group.tell(address, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    if (type === 'recover') group.tell(address, { type: 'monitor', state: 'ok', failedPorts: [] })
    if (type === 'drain' || type === 'undrain') {
      const wish = { draining: type === 'drain', maintMs: null }
      group.tell(address, { type: 'drainOrder', address, wish })
    }
  }

  get alive(): readonly string[] {
    return NODES.filter((address) => this.group.node(address).alive)
  }
}

/** Nodes that are dead or have failed are warned of, rightly. */
const isNoAbsence = (warning: string) => !/\) (?:has failed on port|is missing since)/.test(warning)

describe('a group with several directors', () => {
  it('comes to one assignment, and to rest, whatever it went through', () => {
    let several = 0
    fc.assert(
      fc.property(priorities, fc.array(trouble, { maxLength: 30 }), fc.nat(), (orders, troubles, seed) => {
        const troubled = new Troubled(orders, seed)
        const { group } = troubled
        for (const each of troubles) troubled.suffer(each)
        group.isLost = () => false
        troubled.elect()
        group.run(15_000)
        const { alive } = troubled
        fc.pre(alive.length > 0)
        const assigning = alive.filter((address) => isAssigning(group.node(address).dispatcher))
        expect(assigning).toHaveLength(1)
        const owners = group.owners(assigning[0]!)
        for (const address of alive) expect(group.owners(address)).toEqual(owners)
        expect(new Set(owners)).toEqual(new Set(usable(troubled)))
        const generations = alive.map((address) => group.node(address).table.generation)
        group.run(8000)
        expect(alive.map((address) => group.node(address).table.generation)).toEqual(generations)
        for (const address of alive) expect(group.warnings(address).filter(isNoAbsence)).toEqual([])
        const directors = group.describe(assigning[0]!).members.filter(({ director }) => director)
        if (directors.length > 1) several++
      }),
      { numRuns: 40 },
    )
    expect(several).toBeGreaterThan(5)
  }, 240_000)
})

/** Those that are ok; else those that drain; else nobody. */
function usable({ group, alive }: Troubled): readonly (string | null)[] {
  const withHealth = (monitor: string, draining: boolean) =>
    alive.filter((address) => {
      const { discovery } = group.node(address)
      return discovery.monitor === monitor && discovery.draining === draining
    })
  const [ok, draining] = [withHealth('ok', false), withHealth('ok', true)]
  return ok.length > 0 ? ok : draining.length > 0 ? draining : [null]
}
