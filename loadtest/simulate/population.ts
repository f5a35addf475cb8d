import type { Random } from '../../runtime/ports/host/random.ts'
import { MAPPED, slotOfKey } from '../../runtime/table/client-key.ts'
import { AliasTable, lognormal } from './chance.ts'
import { mixed } from './hash.ts'

/** The clients' addresses are of 10.0.0.0/8, in an order that has nothing to do with how active they are. */
const NETWORK = 0x0a00_0000
const HOSTS = 2 ** 24
/** Odd, so that no two clients of up to 2^24 get the same address. */
const STRIDE = 0x9e_3779
/** How much clients differ in what a connection of theirs costs (sigma of its logarithm). */
const COST_SIGMA = 0.5

/** The clients: client i is the i-th most active one. */
export interface Population {
  readonly count: number
  /** Of the source address, for the references that hash it. */
  readonly hash: Uint32Array
  /** Of the source address, as the product hashes it. */
  readonly slot: Uint16Array
  /** Load of one open connection; 1 on average over connections. */
  readonly cost: Float64Array
  /** The client of the next connection. */
  readonly draw: (random: Random) => number
}

/** `count` clients that connect in proportion to 1 / rank ** exponent. */
export function populationOf(count: number, exponent: number, random: Random): Population {
  const activity = Float64Array.from({ length: count }, (_, index) => (index + 1) ** -exponent)
  const cost = Float64Array.from({ length: count }, () => lognormal(random, 1, COST_SIGMA))
  const total = activity.reduce((sum, rate) => sum + rate, 0)
  const meanCost = activity.reduce((sum, rate, client) => sum + rate * cost[client]!, 0) / total
  const clients = new AliasTable(activity)
  const first = random.uint32() % HOSTS
  const addressOf = (client: number) => NETWORK + ((first + client * STRIDE) % HOSTS)
  return {
    count,
    hash: Uint32Array.from({ length: count }, (_, index) => mixed(addressOf(index))),
    slot: Uint16Array.from({ length: count }, (_, index) => slotOfKey(0, 0, MAPPED, addressOf(index))),
    cost: cost.map((own) => own / meanCost),
    draw: (source) => clients.draw(source),
  }
}
