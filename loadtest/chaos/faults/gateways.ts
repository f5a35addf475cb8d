/** What befalls the process of a gateway, or a part of it. */
import type { ActorDescription } from '../../../actors/inspector/messages.ts'
import type { Naming, PlannedFault } from '../costs.ts'
import { defineFault, type Fault } from '../fault.ts'
import type { Scene } from '../scene.ts'

/** Three beacons, a look of the others' doctors, and ours. */
const missed: Naming = {
  codes: ['node-stale', 'no-director', 'director-without-beacons'],
  by: 'another',
  withinMs: 7000,
}

const isDirector = ({ node }: PlannedFault): boolean => node === 0

/** Which actor, by chance. */
async function actorOf(scene: Scene, { node, chance }: PlannedFault): Promise<string> {
  const actors = (await scene.get<readonly ActorDescription[]>(scene.node(node), '/actors')) ?? []
  const { name } = actors[Math.floor(chance * actors.length)] ?? { name: 'elector' }
  return name
}

async function hook(scene: Scene, { node }: PlannedFault, query: string): Promise<void> {
  const { host } = scene.node(node)
  scene.stage.note(`${host}: ${query}`)
  await scene.get({ host }, query)
}

export const gatewayFaults: readonly Fault[] = [
  defineFault({
    name: 'gateway killed',
    grip: 'process',
    // Its host is taken for dead when it is not back within three beacons.
    costs: (planned, mode) => ({
      ends: 'node',
      keepsOut: mode === 'workers' && isDirector(planned) ? 'briefly' : 'nobody',
      movesVip: isDirector(planned),
    }),
    naming: missed,
    apply: (scene, { node }) => scene.stop(scene.node(node), 'SIGKILL'),
    heal: async (scene, { node }) => scene.start(scene.node(node)),
  }),
  ...[
    { name: 'gateway stopped for a moment', lastsMs: [100, 2500] as const },
    { name: 'gateway stopped', lastsMs: [4000, 20_000] as const },
  ].map(({ name, lastsMs }) =>
    defineFault({
      name,
      grip: 'process',
      lastsMs,
      costs: (planned, mode) => ({
        ends: 'node',
        keepsOut: mode === 'workers' && isDirector(planned) ? 'briefly' : 'nobody',
        movesVip: isDirector(planned),
      }),
      naming: missed,
      apply: async (scene, { node }) => scene.stage.gatewayOf(scene.node(node)).signal('SIGSTOP'),
      heal: async (scene, { node }) => scene.stage.gatewayOf(scene.node(node)).signal('SIGCONT'),
    }),
  ),
]

/** What befalls one actor of a gateway, by its test hooks. */
export const actorFaults: readonly Fault[] = [
  defineFault({
    name: 'actor crashed',
    grip: 'process',
    lastsMs: [1000, 3000],
    // In workers mode what a forwarder had open ends with it, and so it does where all of them were the director's.
    costs: (_, mode) => ({
      ends: mode === 'workers' ? 'node' : 'nothing',
      keepsOut: mode === 'workers' ? 'briefly' : 'nobody',
    }),
    apply: async (scene, planned) => hook(scene, planned, `/test/crash?actor=${await actorOf(scene, planned)}`),
    heal: async () => {},
  }),
  defineFault({
    name: 'actor stalled',
    grip: 'process',
    costs: (planned, mode) => ({
      ends: mode === 'workers' ? 'node' : 'nothing',
      keepsOut: mode === 'workers' ? 'briefly' : 'nobody',
      movesVip: isDirector(planned),
    }),
    apply: async (scene, planned) =>
      hook(scene, planned, `/test/stall?actor=${await actorOf(scene, planned)}&ms=${planned.lastsMs}`),
    heal: async () => {},
  }),
]
