import { type BalancerKind, type Known, NONE, weighedByCapacity } from '../balancer.ts'

/** As in HAProxy's own examples: `stick-table type ip size 1m expire 30m`. */
const STICK_TABLE_EXPIRE_S = 30 * 60
/** `ipvsadm -p` without a figure, and keepalived's usual `persistence_timeout`. */
const PERSISTENCE_TIMEOUT_S = 300

/**
 * HAProxy: `balance leastconn` and `stick on src`. A client stays with its node until it has not connected for as long as
 * an entry lives; then, as a new one, it goes to whoever has the fewest connections for its weight.
 */
export const leastConnections: BalancerKind = (known) => {
  const weighed = weighedByCapacity(known.nodes)
  return {
    name: 'leastconn + stick table',
    keepsConnections: true,
    ...weighed,
    route: (client, nowS) => {
      const sticks = nowS - known.connectedAtS[client]! < STICK_TABLE_EXPIRE_S
      return sticksTo(known, client, sticks, weighed.weights()) ?? leastLoaded(known, weighed.weights())
    },
  }
}

/**
 * IPVS: scheduler `wlc` and persistence. The template of a client lives for the timeout after its latest connection, and on
 * while it has one.
 */
export const persistentWlc: BalancerKind = (known) => {
  const weighed = weighedByCapacity(known.nodes)
  return {
    name: 'IPVS wlc + persistence',
    keepsConnections: true,
    ...weighed,
    route: (client, nowS) => {
      const sticks = known.open[client]! > 0 || nowS - known.connectedAtS[client]! < PERSISTENCE_TIMEOUT_S
      return sticksTo(known, client, sticks, weighed.weights()) ?? leastLoaded(known, weighed.weights())
    },
  }
}

function sticksTo({ latestNode }: Known, client: number, sticks: boolean, weights: readonly number[]) {
  const node = latestNode[client]!
  return sticks && node !== NONE && weights[node]! > 0 ? node : undefined
}

/** The fewest connections, the next one counted, for its weight. */
function leastLoaded({ connections }: Known, weights: readonly number[]): number {
  let [best, least] = [NONE, Number.POSITIVE_INFINITY]
  for (let node = 0; node < weights.length; node++) {
    const load = (connections[node]! + 1) / weights[node]!
    if (load < least) [best, least] = [node, load]
  }
  return best
}
