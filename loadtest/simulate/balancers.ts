import type { BalancerKind } from './balancer.ts'
import { proxyha } from './proxyha.ts'
import { leastConnections, persistentWlc } from './references/least-connections.ts'
import { maglev } from './references/maglev.ts'
import { modulo } from './references/modulo.ts'
import { rendezvous } from './references/rendezvous.ts'

/** All that are compared, in the order of the table: the product last. */
export const balancers: readonly BalancerKind[] = [modulo, maglev, rendezvous, leastConnections, persistentWlc, proxyha]
