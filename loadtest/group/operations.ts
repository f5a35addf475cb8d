/** What an operator does to the group of a stage, each to where it has come about. */
import type { NodePlan } from '../../runtime/lab/testbed/gateway.ts'
import { director, group } from './network.ts'
import type { Stage } from './stage.ts'

export const others = (...away: readonly NodePlan[]): readonly NodePlan[] =>
  group.filter((node) => !away.includes(node))

/** `from` leads; `to` follows it by priority, or has yielded to it. */
export async function handOver(stage: Stage, from: NodePlan, to: NodePlan): Promise<void> {
  await stage.order(from, 'failover')
  await stage.settled(to, group)
}

/** Until the node has no slots any more; its connections go on. */
export async function drain(stage: Stage, node: NodePlan): Promise<void> {
  // Its connections stay, so it is not drained within the timeout, which the command tells by its exit code.
  await stage.order(director, 'drain', node.host, '--timeout', '1s').catch((cause: Error) => stage.note(cause.message))
  await stage.until(
    async () => (await stage.stateOf(director, node)) === 'draining' && (await stage.slotsOf(director, node)) === 0,
    `${node.host} to drain`,
  )
}

export async function undrain(stage: Stage, node: NodePlan): Promise<void> {
  await stage.order(director, 'undrain', node.host)
  await stage.settled(director, group)
}

/** Starts the gateway of a node, until it and the whole group are as they were. */
export async function startAgain(stage: Stage, node: NodePlan): Promise<void> {
  stage.start(node)
  await stage.until(() => stage.knowsGroup(node), `${node.host} to be back`)
  await stage.settled(director, group)
}
