/** Somebody else on the subnet. */
import { type HostProcess, startProgram } from '../../../runtime/lab/testbed/processes.ts'
import { prefixLength, virtualIp } from '../../group/network.ts'
import type { Costs, Naming } from '../costs.ts'
import { defineFault, type Fault } from '../fault.ts'
import { run, type Scene, strangerHost } from '../scene.ts'

const [LOWER, HIGHER] = [50, 200]
/** Gratuitous ARP of the stranger. */
const CALLS = 3

let stranger: HostProcess | undefined

async function begin(scene: Scene, ...args: readonly string[]): Promise<void> {
  const onLine = (line: string) => scene.stage.note(`stranger: ${line}`)
  stranger = startProgram(strangerHost, new URL('../stranger.ts', import.meta.url), args, { onLine })
}

async function end(): Promise<void> {
  await stranger?.end()
}

/** What a stranger does by a program of its own. */
const told = (name: string, args: readonly string[], costs: Partial<Costs>, naming: Naming): Fault =>
  defineFault({
    name,
    grip: 'strangers',
    nodes: [0],
    lastsMs: [5000, 9000],
    costs,
    naming,
    apply: (scene) => begin(scene, ...args),
    heal: end,
  })

export const strangerFaults: readonly Fault[] = [
  told(
    'stranger advertises, lower priority',
    ['adverts', `${LOWER}`, virtualIp],
    {},
    { codes: ['dual-master', 'foreign-vrid', 'two-directors'], by: 'anybody', withinMs: 4500 },
  ),
  told(
    'stranger advertises, higher priority',
    ['adverts', `${HIGHER}`, virtualIp],
    // VRRP believes it: nobody of the group leads.
    { ends: 'all', keepsOut: 'throughout', movesVip: true },
    { codes: ['foreign-vrid', 'no-director', 'director-without-beacons'], by: 'anybody', withinMs: 4500 },
  ),
  told('beacons replayed', ['replay'], {}, { codes: ['old-beacons'], by: 'anybody', withinMs: 4900 }),
  told('beacons forged', ['forge'], {}, { codes: ['forged-beacons', 'cluster-key'], by: 'anybody', withinMs: 4900 }),
  defineFault({
    name: 'stranger has the virtual IP',
    grip: 'strangers',
    nodes: [0],
    lastsMs: [5000, 9000],
    costs: { ends: 'all', keepsOut: 'throughout' },
    naming: { codes: ['vip-held-by-stranger', 'vip-announced-by-stranger'], by: 'anybody', withinMs: 4900 },
    apply: async () => {
      await run(undefined, 'ip', ['-n', strangerHost, 'addr', 'add', `${virtualIp}/${prefixLength}`, 'dev', 'eth0'])
      await run(strangerHost, 'arping', ['-U', '-c', `${CALLS}`, '-w', '1', '-I', 'eth0', virtualIp]).catch(() => '')
    },
    heal: async () =>
      void (await run(undefined, 'ip', [
        '-n',
        strangerHost,
        'addr',
        'del',
        `${virtualIp}/${prefixLength}`,
        'dev',
        'eth0',
      ])),
  }),
]
