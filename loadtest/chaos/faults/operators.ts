/** What an operator does to a group. None of it may cost a client anything, but what an order itself ends. */
import { readFileSync, writeFileSync } from 'node:fs'
import { clusterKey, type NodePlan } from '../../../runtime/lab/testbed/gateway.ts'
import { sandboxDirectory } from '../../../runtime/lab/testbed/sandbox.ts'
import type { PlannedFault } from '../costs.ts'
import { defineFault, type Fault } from '../fault.ts'
import type { Scene } from '../scene.ts'

const NEXT_KEY = 'the next key that only this machine knows'
const [ORDINARY_CAPACITY, OTHER_CAPACITY] = [100, 130]
/** Of proxyha's orders that wait. */
const TIMEOUT = ['--timeout', '1s'] as const

const reload = (scene: Scene, node: NodePlan): Promise<void> => scene.post(node, '/reload')

async function capacity(scene: Scene, { node }: PlannedFault, capacityOf: number): Promise<void> {
  scene.stage.configure(scene.node(node), capacityOf)
  await reload(scene, scene.node(node))
}

/** Every node goes by these keys, one after the other. */
async function rotate(scene: Scene, ...keys: readonly string[]): Promise<void> {
  const line = `cluster: { keys: [${keys.map((key) => `"${key}"`).join(', ')}] }`
  for (const node of scene.nodes) {
    const file = `${sandboxDirectory}/${node.host}.yaml`
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^cluster: .*$/m, line))
    await reload(scene, node)
  }
}

/** Its connections go on, so that it is not drained within the timeout, which the command tells by its exit code. */
const order = (scene: Scene, ...words: readonly string[]): Promise<void> =>
  scene.stage.order(scene.node(0), ...words).catch((cause: Error) => scene.stage.note(cause.message))

export const operatorFaults: readonly Fault[] = [
  defineFault({
    name: 'failover',
    grip: 'group',
    nodes: [0],
    lastsMs: [3000, 6000],
    costs: { movesVip: true },
    apply: (scene) => scene.stage.order(scene.node(0), 'failover'),
    // The next one gives it back.
    heal: (scene) => scene.stage.order(scene.node(1), 'failover'),
  }),
  defineFault({
    name: 'node drained',
    grip: 'process',
    apply: (scene, { node }) => order(scene, 'drain', scene.node(node).host, ...TIMEOUT),
    heal: (scene, { node }) => order(scene, 'undrain', scene.node(node).host),
  }),
  defineFault({
    name: 'node in maintenance',
    grip: 'process',
    costs: { ends: 'node' },
    apply: (scene, { node }) => order(scene, 'maint', scene.node(node).host, ...TIMEOUT),
    heal: (scene, { node }) => order(scene, 'undrain', scene.node(node).host),
  }),
  defineFault({
    name: 'settings reloaded',
    grip: 'process',
    apply: (scene, planned) => capacity(scene, planned, OTHER_CAPACITY),
    heal: (scene, planned) => capacity(scene, planned, ORDINARY_CAPACITY),
  }),
  defineFault({
    name: 'gateways restarted one by one',
    grip: 'group',
    nodes: [0],
    lastsMs: [1000, 1000],
    costs: { movesVip: true },
    apply: async (scene) => {
      for (const node of scene.nodes.toReversed()) {
        await scene.stop(node, 'SIGTERM')
        scene.start(node)
        await scene.stage.until(() => scene.stage.knowsGroup(node), `${node.host} to be back`)
        await scene.stage.settled(scene.node(0), scene.nodes)
      }
    },
    heal: async () => {},
  }),
  defineFault({
    name: 'key rotated',
    grip: 'group',
    nodes: [0],
    lastsMs: [1000, 2000],
    apply: async (scene) => {
      await rotate(scene, clusterKey, NEXT_KEY)
      await rotate(scene, NEXT_KEY, clusterKey)
      await rotate(scene, NEXT_KEY)
    },
    heal: async (scene) => {
      await rotate(scene, NEXT_KEY, clusterKey)
      await rotate(scene, clusterKey, NEXT_KEY)
      await rotate(scene, clusterKey)
    },
  }),
]
