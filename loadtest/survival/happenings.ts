import type { NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import { setCable } from '../../runtime/lab/testbed/topology.ts'
import { director, follower, group, joining, type Mode, third } from '../group/network.ts'
import { drain, handOver, others, startAgain, undrain } from '../group/operations.ts'
import type { Stage } from '../group/stage.ts'
import type { Clients } from './clients.ts'

/** What is done to a group whose connections are open. */
interface Happening {
  readonly name: string
  readonly title: string
  /** Whose own connections cannot live. */
  readonly dead?: NodePlan
  readonly happen: (stage: Stage) => Promise<void>
  /** Where the next does not go on from it. */
  readonly undo?: (stage: Stage, clients: Clients) => Promise<void>
}

const rebalanced = 300
const ordinary = 100

/** In the order in which it is done. */
export const happenings: readonly Happening[] = [
  {
    name: 'death',
    title: 'director dies (cable cut)',
    dead: director,
    happen: death,
    undo: (_, clients) => clients.hangUp(),
  },
  // It goes on from the death: the follower leads.
  { name: 'return', title: 'the old director returns', happen: comeBack },
  {
    name: 'hand-over',
    title: 'ordered hand-over',
    happen: (stage) => handOver(stage, director, follower),
    undo: (stage) => handOver(stage, follower, director),
  },
  {
    name: 'rebalancing',
    title: 'a node is given three times the slots',
    happen: (stage) => rebalance(stage, rebalanced),
    undo: (stage) => rebalance(stage, ordinary),
  },
  { name: 'join', title: 'a node is added', happen: join, undo: leave },
  {
    name: 'drain',
    title: 'a node is drained',
    happen: (stage) => drain(stage, third),
    undo: (stage) => undrain(stage, third),
  },
  { name: 'restart', title: 'proxyha stopped and started, third node', happen: again(third, 'SIGTERM') },
  { name: 'restart-director', title: 'proxyha stopped and started, director', happen: again(director, 'SIGTERM') },
  { name: 'kill', title: 'proxyha killed (-9) and started, third node', happen: again(third, 'SIGKILL') },
  { name: 'kill-director', title: 'proxyha killed (-9) and started, director', happen: again(director, 'SIGKILL') },
]

/** What became of the connections by one happening. */
export interface Outcome {
  readonly mode: Mode
  readonly happening: string
  readonly opened: number
  readonly lost: number
  /** Of those: that ended on a node which was there all the time. */
  readonly lostOnSurvivors: number
  /** How those on survivors ended, and how new ones failed, and how many each way. */
  readonly failures: Readonly<Record<string, number>>
  /** New connections that were begun meanwhile; those that were not answered; those whose SYN had to be sent again. */
  readonly begun: number
  readonly failed: number
  readonly waited: number
}

/** Opens connections, lets it happen, and sees what became of them and of those that were begun meanwhile; in the end the group is as it was. */
export async function performHappening(
  stage: Stage,
  clients: Clients,
  { name, dead, happen, undo }: Happening,
): Promise<Outcome> {
  const { nodes, lost: never } = await clients.open()
  if (never.length > 0) throw new Error(`${never.length} connections could not be opened: ${never[0]?.failure}`)
  clients.beginNew()
  await happen(stage)
  const { lost } = await clients.check()
  const fresh = await clients.endNew()
  const opened = Object.values(nodes).reduce((sum, count) => sum + count, 0)
  const onSurvivors = lost.filter(({ node }) => node !== dead?.host)
  const failures: Record<string, number> = {}
  for (const what of [
    ...onSurvivors.map(({ kind, failure }) => `${kind} ${failure}`),
    ...fresh.failures.map(({ kind }) => `new ${kind}`),
  ])
    failures[what] = (failures[what] ?? 0) + 1
  await undo?.(stage, clients)
  return {
    mode: stage.mode,
    happening: name,
    opened,
    lost: lost.length,
    lostOnSurvivors: onSurvivors.length,
    failures,
    begun: fresh.opened,
    failed: fresh.failures.length,
    waited: fresh.waited,
  }
}

async function death(stage: Stage): Promise<void> {
  setCable(director.host, false)
  await stage.stop(director, 'SIGKILL')
  await stage.settled(follower, others(director))
}

async function comeBack(stage: Stage): Promise<void> {
  setCable(director.host, true)
  stage.start(director)
  await stage.settled(director, group)
}

async function rebalance(stage: Stage, capacity: number): Promise<void> {
  const before = await stage.slotsOf(director, third)
  stage.configure(third, capacity)
  await stage.order(third, 'reload')
  await stage.until(
    async () => Math.abs((await stage.slotsOf(director, third)) - before) > before / 3,
    `other slots of ${third.host}`,
  )
}

async function join(stage: Stage): Promise<void> {
  stage.start(joining)
  await stage.settled(director, [...group, joining])
}

async function leave(stage: Stage): Promise<void> {
  await stage.stop(joining, 'SIGTERM')
  await stage.settled(director, group)
}

function again(node: NodePlan, signal: 'SIGTERM' | 'SIGKILL') {
  return async (stage: Stage): Promise<void> => {
    await stage.stop(node, signal)
    await startAgain(stage, node)
  }
}
