/**
 * A simulated group of gateways under one balancer. Clients connect, hold their connections for a while, and load the node
 * that they were given in the meantime; nodes join, die and get busy. Everything comes from the scenario and its seed: each
 * balancer meets the same connections in the same order.
 */

import type { Random } from '../../runtime/ports/host/random.ts'
import { SeededRandom } from '../../test/fakes/random.ts'
import { type Balancer, type BalancerKind, type Known, NONE } from './balancer.ts'
import { lognormal, poisson } from './chance.ts'
import { Metrics, type Outcome } from './metrics.ts'
import { Nodes } from './nodes.ts'
import { OpenConnections } from './open-connections.ts'
import { type Population, populationOf } from './population.ts'
import type { Scenario } from './scenario.ts'

/** Of the logarithm of a connection's life: half of them last less than half of the mean. */
const LIFE_SIGMA = 1.2

/** The clients of a scenario: the same for all its runs, and dear to make. */
export const clientsOf = ({ seed, clients, exponent }: Scenario): Population =>
  populationOf(clients, exponent, new SeededRandom(seed))

/** One balancer through the whole scenario. */
export function simulate(scenario: Scenario, population: Population, kind: BalancerKind): Outcome {
  const world = new World(scenario, population, kind)
  for (let nowS = 0; nowS < scenario.durationS; nowS++) world.second(nowS)
  return world.metrics.outcome(world.balancer)
}

class World {
  readonly balancer: Balancer
  readonly metrics: Metrics
  readonly #scenario: Scenario
  readonly #known: Known
  readonly #nodes: Nodes
  readonly #open = new OpenConnections()
  /** Sources of their own, so that what one draws does not depend on the other. */
  readonly #arrivals: Random
  readonly #readings: Random
  #nextEvent = 0

  constructor(scenario: Scenario, population: Population, kind: BalancerKind) {
    const random = new SeededRandom(scenario.seed)
    this.#scenario = scenario
    this.#arrivals = random.fork()
    this.#readings = random.fork()
    this.#nodes = new Nodes(scenario.nodes, workPerCapacity(scenario))
    this.#known = {
      population,
      nodes: scenario.nodes,
      connections: new Int32Array(scenario.nodes.length),
      latestNode: new Uint8Array(population.count).fill(NONE),
      open: new Int32Array(population.count),
      connectedAtS: new Int32Array(population.count).fill(-(2 ** 30)),
    }
    this.balancer = kind(this.#known)
    this.metrics = new Metrics(scenario.warmUpS)
  }

  second(nowS: number): void {
    this.#open.end(nowS, this.#ended)
    this.#happen(nowS)
    this.#nodes.measure(nowS, this.#readings)
    this.balancer.observe(nowS, this.#nodes)
    if (!this.balancer.keepsConnections) this.#breakMoved(nowS)
    for (let left = poisson(this.#arrivals, rateAt(this.#scenario, nowS)); left > 0; left--) this.#connect(nowS)
    this.metrics.second(nowS, this.#nodes, this.balancer)
  }

  readonly #ended = (client: number, node: number): void => {
    this.#known.connections[node]!--
    this.#known.open[client]!--
    this.#nodes.work[node]! -= this.#known.population.cost[client]!
  }

  #happen(nowS: number): void {
    const { events } = this.#scenario
    for (let event = events[this.#nextEvent]; event !== undefined && event.atS <= nowS; ) {
      this.#nodes.apply(event)
      const { type, node: dead } = event
      if (type === 'dies') this.#open.breakWhere((_client, node) => node === dead, this.#ended)
      this.#nextEvent++
      event = events[this.#nextEvent]
    }
  }

  /** Without connection tracking the packets of an open connection go where a new one would go. */
  #breakMoved(nowS: number): void {
    this.#open.breakWhere(
      (client, node) => this.balancer.route(client, nowS) !== node,
      (client, node) => {
        if (this.metrics.isMeasured(nowS)) this.metrics.broken++
        this.#ended(client, node)
      },
    )
  }

  #connect(nowS: number): void {
    const { population, latestNode, open, connectedAtS, connections } = this.#known
    const client = population.draw(this.#arrivals)
    const lifeS = lognormal(this.#arrivals, this.#scenario.meanLifeS, LIFE_SIGMA)
    const node = this.balancer.route(client, nowS)
    if (node === NONE) return
    if (this.metrics.isMeasured(nowS)) this.#noteMove(client, node)
    this.#open.add(client, node, nowS, lifeS)
    latestNode[client] = node
    connectedAtS[client] = nowS
    open[client]!++
    connections[node]!++
    this.#nodes.work[node]! += population.cost[client]!
  }

  #noteMove(client: number, node: number): void {
    const { latestNode, open, connectedAtS } = this.#known
    const { moves } = this.metrics
    const { up, impairedAtS, relievedAtS } = this.#nodes
    this.metrics.connections++
    const before = latestNode[client]!
    if (before === node || before === NONE) return
    const sinceS = connectedAtS[client]!
    if (open[client]! > 0 && up[before]) moves.active++
    else if (impairedAtS[before]! >= sinceS || relievedAtS[node]! >= sinceS) moves.needed++
    else moves.needless++
  }
}

/** The work that one unit of capacity can do, so that the nodes that are there at first are as busy as the scenario says. */
function workPerCapacity({ nodes, events, connectionsPerS, meanLifeS, utilisation }: Scenario): number {
  const first = events.filter(({ type, atS }) => type === 'joins' && atS === 0)
  const capacity = first.reduce((sum, { node }) => sum + nodes[node]!.capacity, 0)
  return (connectionsPerS * meanLifeS) / (capacity * utilisation)
}

const rateAt = ({ connectionsPerS, swing, swingPeriodS }: Scenario, nowS: number): number =>
  connectionsPerS * (1 + swing * Math.sin((2 * Math.PI * nowS) / swingPeriodS))
