import type { BalancerKind } from './balancer.ts'
import { proxyha } from './proxyha.ts'
import { leastConnections, persistentWlc } from './references/least-connections.ts'
import { maglev } from './references/maglev.ts'
import { modulo } from './references/modulo.ts'
import { rendezvous } from './references/rendezvous.ts'

/** No reference starts a node slowly, so beside them the product is that much worse off by its default. */
const withoutSlowStart = proxyha('proxyha, slowStart 0s', 0)
/** As configured unless the operator says otherwise. */
const asItIs = proxyha('proxyha', 30_000)

/** All that are compared, in the order of the table: the product last. */
export const balancers: readonly BalancerKind[] = [
  modulo,
  maglev,
  rendezvous,
  leastConnections,
  persistentWlc,
  withoutSlowStart,
  asItIs,
]
