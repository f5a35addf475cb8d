/** What befalls a proxy. */
import type { PlannedFault } from '../costs.ts'
import { defineFault, type Fault } from '../fault.ts'
import type { Scene } from '../scene.ts'
import type { ServerOrder } from '../traffic/server.ts'

const SLOW_MS = 300

const proxyOf = (scene: Scene, { node }: PlannedFault) => scene.stage.serverOf(scene.node(node))

export const proxyFaults: readonly Fault[] = [
  defineFault({
    name: 'proxy stopped',
    grip: 'proxy',
    costs: { ends: 'node', keepsOut: 'briefly' },
    naming: { codes: ['node-failure', 'proxy-ports'], by: 'anybody', withinMs: 5000 },
    apply: (scene, { node }) => scene.stage.stopServer(scene.node(node)),
    heal: async (scene, { node }) => scene.stage.startServer(scene.node(node)),
  }),
  defineFault({
    name: 'proxy hung',
    grip: 'proxy',
    // Its listener goes on taking connections: without a check of its own nobody can see it.
    costs: { ends: 'node', keepsOut: 'throughout' },
    apply: async (scene, planned) => proxyOf(scene, planned).signal('SIGSTOP'),
    heal: async (scene, planned) => proxyOf(scene, planned).signal('SIGCONT'),
  }),
  defineFault({
    name: 'proxy slow',
    grip: 'proxy',
    apply: async (scene, planned) => proxyOf(scene, planned).send({ delayMs: SLOW_MS } satisfies ServerOrder),
    heal: async (scene, planned) => proxyOf(scene, planned).send({ delayMs: 0 } satisfies ServerOrder),
  }),
  defineFault({
    name: 'proxy bound to one address',
    grip: 'proxy',
    costs: { ends: 'node', keepsOut: 'briefly' },
    naming: { codes: ['proxy-bound', 'node-failure'], by: 'anybody', withinMs: 5000 },
    apply: async (scene, { node }) => {
      await scene.stage.stopServer(scene.node(node))
      scene.stage.startServer(scene.node(node), scene.node(node).ip)
    },
    heal: async (scene, { node }) => {
      await scene.stage.stopServer(scene.node(node))
      scene.stage.startServer(scene.node(node))
    },
  }),
]
