import type { NodePlan } from '../../runtime/lab/gateway.ts'
import { setCable } from '../../runtime/lab/topology.ts'
import { director, follower, group, joining, third } from '../group/network.ts'
import { drain, handOver, others, startAgain, undrain } from '../group/operations.ts'
import type { Stage } from '../group/stage.ts'
import type { Clients } from './clients.ts'
import type { Happening, Outcome } from './plan.ts'

type Loss = Omit<Outcome, 'mode' | 'happening'>

const rebalanced = 300
const ordinary = 100

/** Opens connections, lets it happen, and sees what became of them and of those that were begun meanwhile; in the end the group is as it was. */
export async function performHappening(stage: Stage, clients: Clients, happening: Happening): Promise<Loss> {
  const seen = (happen: () => Promise<void>, dead?: NodePlan) => during(clients, happen, dead)
  switch (happening) {
    case 'death': {
      const loss = await seen(() => death(stage), director)
      await clients.hangUp()
      return loss
    }
    case 'return':
      // It goes on from the death: the follower leads.
      return seen(() => comeBack(stage))
    case 'hand-over': {
      const loss = await seen(() => handOver(stage, director, follower))
      await handOver(stage, follower, director)
      return loss
    }
    case 'rebalancing': {
      const loss = await seen(() => rebalance(stage, rebalanced))
      await rebalance(stage, ordinary)
      return loss
    }
    case 'join': {
      const loss = await seen(() => join(stage))
      await stage.stop(joining, 'SIGTERM')
      await stage.settled(director, group)
      return loss
    }
    case 'drain': {
      const loss = await seen(() => drain(stage, third))
      await undrain(stage, third)
      return loss
    }
    case 'restart':
      return seen(() => again(stage, third, 'SIGTERM'))
    case 'restart-director':
      return seen(() => again(stage, director, 'SIGTERM'))
    case 'kill':
      return seen(() => again(stage, third, 'SIGKILL'))
    case 'kill-director':
      return seen(() => again(stage, director, 'SIGKILL'))
    default:
      return happening satisfies never
  }
}

/** `dead`: whose own connections cannot live. */
async function during(clients: Clients, happen: () => Promise<void>, dead?: NodePlan): Promise<Loss> {
  const { nodes, lost: never } = await clients.open()
  if (never.length > 0) throw new Error(`${never.length} connections could not be opened: ${never[0]?.failure}`)
  clients.beginNew()
  await happen()
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
  return {
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

async function again(stage: Stage, node: NodePlan, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  await stage.stop(node, signal)
  await startAgain(stage, node)
}
