import { setCable } from '../../runtime/lab/topology.ts'
import type { Survival } from './connections-report.ts'
import { director, follower, group, joining, type NodePlan, third } from './network.ts'
import type { Happening, Outcome } from './plan.ts'
import type { Stage } from './stage.ts'

type Loss = Pick<Outcome, 'opened' | 'lost' | 'lostOnSurvivors' | 'failures'>

const rebalanced = 300
const ordinary = 100

/** Opens connections, lets it happen, and sees what became of them; in the end the group is as it was. */
export async function performHappening(stage: Stage, happening: Happening): Promise<Loss> {
  switch (happening) {
    case 'death': {
      const loss = await during(stage, () => death(stage), director)
      await stage.hangUp()
      return loss
    }
    case 'return':
      // It goes on from the death: the follower leads.
      return during(stage, () => comeBack(stage))
    case 'hand-over': {
      const loss = await during(stage, () => handOver(stage, director, follower))
      await handOver(stage, follower, director)
      return loss
    }
    case 'rebalancing': {
      const loss = await during(stage, () => rebalance(stage, rebalanced))
      await rebalance(stage, ordinary)
      return loss
    }
    case 'join': {
      const loss = await during(stage, () => join(stage))
      await stage.stop(joining, 'SIGTERM')
      await stage.settled(director, group)
      return loss
    }
    case 'drain': {
      const loss = await during(stage, () => drain(stage))
      await stage.order(director, 'undrain', third.host)
      await stage.settled(director, group)
      return loss
    }
    case 'restart':
      return during(stage, () => again(stage, third, 'SIGTERM'))
    case 'restart-director':
      return during(stage, () => again(stage, director, 'SIGTERM'))
    case 'kill':
      return during(stage, () => again(stage, third, 'SIGKILL'))
    case 'kill-director':
      return during(stage, () => again(stage, director, 'SIGKILL'))
    default:
      return happening satisfies never
  }
}

/** `dead`: whose own connections cannot live. */
async function during(stage: Stage, happen: () => Promise<void>, dead?: NodePlan): Promise<Loss> {
  const { nodes, lost: never } = await stage.connect()
  if (never.length > 0) throw new Error(`${never.length} connections could not be opened: ${never[0]?.failure}`)
  await happen()
  const { lost }: Survival = await stage.check()
  const opened = Object.values(nodes).reduce((sum, count) => sum + count, 0)
  const onSurvivors = lost.filter(({ node }) => node !== dead?.host)
  const failures: Record<string, number> = {}
  for (const { kind, failure } of onSurvivors) {
    const what = `${kind} ${failure}`
    failures[what] = (failures[what] ?? 0) + 1
  }
  return { opened, lost: lost.length, lostOnSurvivors: onSurvivors.length, failures }
}

const others = (...away: readonly NodePlan[]): readonly NodePlan[] => group.filter((node) => !away.includes(node))

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

async function handOver(stage: Stage, from: NodePlan, to: NodePlan): Promise<void> {
  await stage.order(from, 'failover')
  await stage.settled(to, group)
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

async function drain(stage: Stage): Promise<void> {
  await stage.order(director, 'drain', third.host, '--timeout', '1s').catch(() => undefined)
  await stage.until(
    async () => (await stage.stateOf(director, third)) === 'draining' && (await stage.slotsOf(director, third)) === 0,
    `${third.host} to drain`,
  )
}

async function again(stage: Stage, node: NodePlan, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  await stage.stop(node, signal)
  stage.start(node)
  await stage.until(() => stage.knowsGroup(node), `${node.host} to be back`)
  await stage.settled(director, group)
}
