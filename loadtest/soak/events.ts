/** What happens to the group in each round: months of an operator's work in an hour. */
import type { Scene } from '../chaos/scene.ts'

export interface SoakEvent {
  readonly name: string
  bringAbout(scene: Scene, round: number): Promise<void>
}

const CAPACITIES = [100, 120] as const

/** Connections that go on keep it from being drained within that time. */
const order = (scene: Scene, ...words: readonly string[]): Promise<void> =>
  scene.stage
    .order(scene.node(0), ...words, ...(words[0] === 'drain' ? ['--timeout', '1s'] : []))
    .catch((cause: Error) => scene.stage.note(cause.message))

/** In their order; each to where it has come about. */
export const soakEvents: readonly SoakEvent[] = [
  {
    name: 'drain',
    bringAbout: async (scene, round) => {
      const { host } = scene.node(1 + (round % 2))
      await order(scene, 'drain', host)
      await order(scene, 'undrain', host)
      await scene.stage.settled(scene.node(0), scene.nodes)
    },
  },
  {
    name: 'failover',
    bringAbout: async (scene) => {
      for (const [from, to] of [
        [0, 1],
        [1, 0],
      ] as const) {
        await scene.stage.order(scene.node(from), 'failover')
        await scene.stage.settled(scene.node(to), scene.nodes)
      }
    },
  },
  {
    name: 'reload',
    bringAbout: async (scene, round) => {
      for (const node of scene.nodes) {
        scene.stage.configure(node, CAPACITIES[round % CAPACITIES.length]!)
        await scene.post(node, '/reload')
      }
      await scene.stage.settled(scene.node(0), scene.nodes)
    },
  },
]
