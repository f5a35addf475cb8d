/** What befalls a cable, and what the switch does with frames. Nothing is done in the network namespace of a gateway, where its own rules are. */
import { type ChildProcess, spawn } from 'node:child_process'
import { programPath } from '../../../runtime/lab/testbed/sandbox.ts'
import { macOf } from '../../../runtime/lab/testbed/topology.ts'
import type { Costs, PlannedFault } from '../costs.ts'
import { defineFault, type Fault } from '../fault.ts'
import { portOf, run, type Scene } from '../scene.ts'

/** The names of our tables of rules on the bridge. */
const TABLES = {
  split: 'chaos_split',
  adverts: 'chaos_adverts',
  beacons: 'chaos_beacons',
  loss: 'chaos_loss',
  late: 'chaos_late',
} as const
const LOST_PERCENT = 30
/** Less than from an advert to the next. */
const LATE_MS = 350

let relay: ChildProcess | undefined

const isDirector = ({ node }: PlannedFault): boolean => node === 0
const hostOf = (scene: Scene, { node }: PlannedFault): string => scene.node(node).host

/** Its own connections end, and whoever it led has to find another director. */
const away = (planned: PlannedFault): Partial<Costs> => ({
  ends: 'node',
  keepsOut: 'briefly',
  divides: 'node',
  movesVip: isDirector(planned),
})

/** Several lead clients that hear all of them. */
const torn: Partial<Costs> = { ends: 'all', keepsOut: 'throughout', divides: 'group', movesVip: true }

/** One of the others, by chance. */
const otherThan = (scene: Scene, { node, chance }: PlannedFault): string => {
  const others = scene.nodes.filter((_, index) => index !== node)
  return others[Math.floor(chance * others.length)]!.host
}

const setCable = async (host: string, state: 'up' | 'down'): Promise<void> =>
  void (await run(undefined, 'ip', ['link', 'set', portOf(host), state]))

export const cableFaults: readonly Fault[] = [
  defineFault({
    name: 'cable pulled',
    grip: 'cable',
    costs: away,
    naming: { codes: ['node-stale', 'link-down', 'fault'], by: 'anybody', withinMs: 7000 },
    apply: (scene, planned) => setCable(hostOf(scene, planned), 'down'),
    heal: (scene, planned) => setCable(hostOf(scene, planned), 'up'),
  }),
  defineFault({
    name: 'node cut off',
    grip: 'wire',
    costs: away,
    naming: { codes: ['node-stale', 'no-director'], by: 'anybody', withinMs: 7000 },
    apply: async (scene, planned) => {
      const port = portOf(hostOf(scene, planned))
      await scene.filter(TABLES.split, `iifname "${port}" drop`, `oifname "${port}" drop`)
    },
    heal: (scene) => scene.lift(TABLES.split),
  }),
  defineFault({
    name: 'nodes parted, clients reach all',
    grip: 'wire',
    costs: torn,
    naming: { codes: ['node-stale', 'no-director', 'alone'], by: 'anybody', withinMs: 7000 },
    apply: async (scene, planned) => {
      const own = portOf(hostOf(scene, planned))
      const others = scene.nodes.map(({ host }) => portOf(host)).filter((port) => port !== own)
      const those = `{ ${others.map((port) => `"${port}"`).join(', ')} }`
      await scene.filter(
        TABLES.split,
        `iifname "${own}" oifname ${those} drop`,
        `iifname ${those} oifname "${own}" drop`,
      )
    },
    heal: (scene) => scene.lift(TABLES.split),
  }),
  defineFault({
    name: 'adverts lost one way',
    grip: 'wire',
    nodes: [0],
    costs: torn,
    naming: { codes: ['dual-master', 'two-directors'], by: 'anybody', withinMs: 6000 },
    apply: async (scene, planned) => {
      const [from, to] = [portOf(hostOf(scene, planned)), portOf(otherThan(scene, planned))]
      await scene.filter(TABLES.adverts, `iifname "${from}" oifname "${to}" ip protocol 112 drop`)
    },
    heal: (scene) => scene.lift(TABLES.adverts),
  }),
  defineFault({
    name: 'beacons lost one way',
    grip: 'wire',
    // Whoever is not heard is taken for dead, though it is there.
    costs: { ends: 'node' },
    naming: { codes: ['node-stale', 'director-without-beacons', 'not-heard-there'], by: 'anybody', withinMs: 7000 },
    apply: async (scene, planned) =>
      scene.filter(TABLES.beacons, `iifname "${portOf(hostOf(scene, planned))}" ip protocol 253 drop`),
    heal: (scene) => scene.lift(TABLES.beacons),
  }),
  defineFault({
    name: 'adverts and beacons lost now and then',
    grip: 'wire',
    nodes: [0],
    costs: { divides: 'group', movesVip: true },
    apply: (scene) =>
      scene.filter(TABLES.loss, `ip protocol { 112, 253 } numgen random mod 100 < ${LOST_PERCENT} drop`),
    heal: (scene) => scene.lift(TABLES.loss),
  }),
  defineFault({
    name: 'adverts and beacons late, in another order',
    grip: 'wire',
    nodes: [0],
    apply: async (scene) => {
      const words = scene.nodes.flatMap(({ host }) => [portOf(host), macOf(host)])
      const program = programPath(new URL('../relay.ts', import.meta.url))
      relay = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, `${LATE_MS}`, ...words], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      const from = `{ ${scene.nodes.map(({ host }) => `"${portOf(host)}"`).join(', ')} }`
      await scene.filter(TABLES.late, `iifname ${from} ip protocol { 112, 253 } drop`)
    },
    heal: async (scene) => {
      await scene.lift(TABLES.late)
      relay?.kill('SIGKILL')
    },
  }),
  defineFault({
    name: 'frames duplicated',
    grip: 'cable',
    // A copy is marked, so that it is not copied again.
    apply: async (scene, planned) => {
      const port = portOf(hostOf(scene, planned))
      const lines = [
        'table netdev chaos_copies {',
        'chain towards {',
        `type filter hook egress device "${port}" priority 0`,
        `meta mark != 13 meta mark set 13 dup to "${port}"`,
        '}',
        '}',
      ]
      await run(undefined, 'nft', ['-f', '-'], `${lines.join('\n')}\n`)
    },
    heal: (scene) => scene.lift('chaos_copies', 'netdev'),
  }),
  defineFault({
    name: 'cable narrow',
    grip: 'cable',
    apply: async (scene, planned) => {
      const shape = ['rate', '2mbit', 'burst', '8kb', 'latency', '60ms']
      await run(undefined, 'tc', ['qdisc', 'replace', 'dev', portOf(hostOf(scene, planned)), 'root', 'tbf', ...shape])
    },
    heal: async (scene, planned) =>
      void (await run(undefined, 'tc', ['qdisc', 'del', 'dev', portOf(hostOf(scene, planned)), 'root'])),
  }),
]
