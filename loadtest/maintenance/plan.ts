/** What maintenance does to the group, in its order. */
import type { NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import { director, follower, group, third } from '../group/network.ts'
import { drain, handOver, others, startAgain, undrain } from '../group/operations.ts'
import type { Stage } from '../group/stage.ts'

export const parts = ['quiet', 'restart', 'drain', 'failover', 'proxy'] as const
export type Part = (typeof parts)[number]

export interface MaintenanceEvent {
  readonly part: Part
  readonly title: string
  /** The virtual IP moves: in workers mode connections end with it. */
  readonly movesVip: boolean
  /** Whose own proxy is ended, and with it what is open there. */
  readonly endsProxyOf?: string
  /** Whom no client may come to any more once it has been brought about. */
  readonly empties?: string
  /** Until it has come about. */
  bringAbout(stage: Stage): Promise<void>
}

const failovers = 3

/** All events of the chosen parts. */
export const eventsOf = (chosen: readonly Part[]): readonly MaintenanceEvent[] =>
  [...quiet, ...restarts, ...drains, ...handOvers, ...proxies].filter(({ part }) => chosen.includes(part))

/** What the clients see when nothing happens. */
const quiet: readonly MaintenanceEvent[] = [
  { part: 'quiet', title: 'nothing', movesVip: false, bringAbout: async () => {} },
]

/** As whoever updates a group does it: the director last. */
const restarts = [third, follower, director].flatMap((node): readonly MaintenanceEvent[] => {
  const restart = { part: 'restart', movesVip: node === director } as const
  const stop = async (stage: Stage) => {
    await stage.stop(node, 'SIGTERM')
    await stage.settled(node === director ? follower : director, others(node))
  }
  return [
    { ...restart, title: `gateway stopped, ${describe(node)}`, bringAbout: stop },
    { ...restart, title: `gateway started, ${describe(node)}`, bringAbout: (stage) => startAgain(stage, node) },
  ]
})

const drains = group.flatMap((node): readonly MaintenanceEvent[] => {
  const event = { part: 'drain', movesVip: false } as const
  const empties = node.host
  return [
    { ...event, title: `drain, ${describe(node)}`, empties, bringAbout: (stage) => drain(stage, node) },
    { ...event, title: `undrain, ${describe(node)}`, bringAbout: (stage) => undrain(stage, node) },
  ]
})

const handOvers = Array.from({ length: failovers }, (_, index): readonly MaintenanceEvent[] => {
  const event = { part: 'failover', movesVip: true } as const
  const over = (stage: Stage) => handOver(stage, director, follower)
  const back = (stage: Stage) => handOver(stage, follower, director)
  return [
    { ...event, title: `failover ${index + 1}`, bringAbout: over },
    { ...event, title: `return ${index + 1}`, bringAbout: back },
  ]
}).flat()

const proxies = group.flatMap((node): readonly MaintenanceEvent[] => {
  const event = { part: 'proxy', movesVip: false } as const
  const stop = async (stage: Stage) => {
    await stage.stopServer(node)
    await stage.until(async () => (await stage.slotsOf(director, node)) === 0, `${node.host} to get no clients`)
  }
  const start = async (stage: Stage) => {
    stage.startServer(node)
    await stage.settled(director, group)
  }
  return [
    { ...event, title: `proxy stopped, ${describe(node)}`, endsProxyOf: node.host, bringAbout: stop },
    { ...event, title: `proxy started, ${describe(node)}`, bringAbout: start },
  ]
})

function describe(node: NodePlan): string {
  return node === director ? `${node.host} (director)` : node.host
}
