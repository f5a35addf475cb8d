import { execFileSync } from 'node:child_process'
import { until } from '../../runtime/lab/testbed/until.ts'
import { clientHost } from '../group/network.ts'
import { hosts } from './network.ts'
import { VIRTUAL_ROUTER_ID } from './shape.ts'

const nft = (input: string, ...args: readonly string[]): string =>
  execFileSync('nft', args, { encoding: 'utf8', input, stdio: 'pipe' })

const ADVERT_WITHIN_MS = 10_000

/** Counts beacons and adverts that come from the nodes by their cables, at the switch. */
export class WireCount {
  constructor() {
    const nodes = Object.keys(hosts).filter((host) => host !== clientHost)
    const rules = nodes.flatMap((host) => [
      `add chain netdev growth ${host} { type filter hook ingress device "to-${host}" priority 0; }`,
      `add rule netdev growth ${host} ip protocol 253 counter comment "beacons"`,
      `add rule netdev growth ${host} ip protocol 112 @th,8,8 ${VIRTUAL_ROUTER_ID} counter comment "adverts"`,
    ])
    nft(
      ['add table netdev growth', 'delete table netdev growth', 'add table netdev growth', ...rules].join('\n'),
      '-f',
      '-',
    )
  }

  /** Since the beginning, with their IP headers. */
  beaconBytes(): number {
    return this.#sum('bytes', 'beacons')
  }

  /** Resolves when an advert of the first instance has just passed; that took a few milliseconds. */
  async advert(): Promise<void> {
    const before = this.#sum('packets', 'adverts')
    await until(() => this.#sum('packets', 'adverts') !== before, ADVERT_WITHIN_MS, 'an advert', 1)
  }

  #sum(what: 'packets' | 'bytes', of: 'beacons' | 'adverts'): number {
    const listed = nft('', 'list', 'table', 'netdev', 'growth')
    const counters = listed.matchAll(
      new RegExp(`counter packets (?<packets>\\d+) bytes (?<bytes>\\d+) comment "${of}"`, 'g'),
    )
    return [...counters].reduce((sum, { groups }) => sum + Number(groups?.[what]), 0)
  }
}
