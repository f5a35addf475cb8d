/** What befalls the interface of a node. */
import { macOf } from '../../../runtime/lab/testbed/topology.ts'
import { prefixLength, topology } from '../../group/network.ts'
import type { Costs, Naming, PlannedFault } from '../costs.ts'
import { defineFault, type Fault } from '../fault.ts'
import { portOf, run, type Scene } from '../scene.ts'

/** Its name while it is another one. */
const OTHER_NAME = 'gone0'

const away = (planned: PlannedFault): Partial<Costs> => ({
  ends: 'node',
  keepsOut: 'briefly',
  divides: 'node',
  movesVip: planned.node === 0,
})
const named: Naming = {
  codes: ['fault', 'link-down', 'no-interface', 'interface-unreadable', 'node-stale'],
  by: 'anybody',
  withinMs: 7000,
}

/** `ip` on the host of the node, a line each. */
async function ip(scene: Scene, { node }: PlannedFault, ...lines: readonly string[]): Promise<void> {
  await run(undefined, 'ip', ['-n', scene.node(node).host, '-batch', '-'], `${lines.join('\n')}\n`)
}

const ownAddress = (scene: Scene, { node }: PlannedFault): string =>
  `addr add ${scene.node(node).ip}/${prefixLength} dev eth0`

function noteMac(scene: Scene, { node }: PlannedFault): void {
  const { host } = scene.node(node)
  scene.hostOfMac.set(macOf(host), host)
}

export const interfaceFaults: readonly Fault[] = [
  defineFault({
    name: 'addresses flushed',
    grip: 'cable',
    costs: away,
    naming: named,
    apply: (scene, planned) => ip(scene, planned, 'addr flush dev eth0'),
    heal: (scene, planned) => ip(scene, planned, ownAddress(scene, planned)),
  }),
  defineFault({
    name: 'interface down',
    grip: 'cable',
    costs: away,
    naming: named,
    apply: (scene, planned) => ip(scene, planned, 'link set eth0 down'),
    heal: (scene, planned) => ip(scene, planned, 'link set eth0 up'),
  }),
  defineFault({
    name: 'interface renamed',
    grip: 'cable',
    costs: away,
    naming: named,
    apply: (scene, planned) =>
      ip(scene, planned, 'link set eth0 down', `link set eth0 name ${OTHER_NAME}`, `link set ${OTHER_NAME} up`),
    heal: (scene, planned) =>
      ip(scene, planned, `link set ${OTHER_NAME} down`, `link set ${OTHER_NAME} name eth0`, 'link set eth0 up'),
  }),
  defineFault({
    name: 'interface made anew',
    grip: 'cable',
    costs: away,
    naming: named,
    apply: async (scene, { node }) => void (await run(undefined, 'ip', ['link', 'del', portOf(scene.node(node).host)])),
    heal: async (scene, planned) => {
      const { host } = scene.node(planned.node)
      const lines = [
        `link add ${portOf(host)} type veth peer name eth0 netns ${host}`,
        `link set ${portOf(host)} master ${topology.bridge} up`,
      ]
      await run(undefined, 'ip', ['-batch', '-'], `${lines.join('\n')}\n`)
      await ip(scene, planned, 'link set eth0 up', ownAddress(scene, planned))
      noteMac(scene, planned)
    },
  }),
  defineFault({
    name: 'MAC changed',
    grip: 'cable',
    lastsMs: [2000, 4000],
    costs: { keepsOut: 'briefly' },
    apply: async (scene, planned) => {
      const bytes = [2, 0x68, planned.node, Math.floor(planned.chance * 250), process.pid & 255, 1]
      const mac = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':')
      await ip(scene, planned, `link set eth0 address ${mac}`)
      noteMac(scene, planned)
    },
    heal: async () => {},
  }),
]
