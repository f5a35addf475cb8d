/** What befalls the host of a node beside its gateway. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { type HostProcess, startProcess } from '../../../runtime/lab/testbed/processes.ts'
import { defineFault, type Fault } from '../fault.ts'
import { run, stateFolderOf } from '../scene.ts'
import { usageOfProcess } from '../usage.ts'

/** Busy loops on the core of a gateway. */
const BURNERS = 3
/** What a gateway may take beside what it has. */
const MEMORY_LEFT = '24M'
const MEMORY_GROUPS = '/sys/fs/cgroup/memory'
/** The host sees it as well, and other runs. */
const memoryGroup = (host: string): string => `${MEMORY_GROUPS}/pha-chaos-${runName}-${host}`
const runName = Date.now().toString(36)
/** A gateway has so many descriptors left. */
const LEFT = 2

/** By the host of the gateway. */
const filesBefore = new Map<string, string>()
const burning = new Map<string, readonly HostProcess[]>()

export const hostFaults: readonly Fault[] = [
  defineFault({
    name: 'rules flushed',
    grip: 'host',
    lastsMs: [1000, 3000],
    costs: ({ node }) => ({ ends: node === 0 ? 'all' : 'node', keepsOut: 'briefly' }),
    apply: async (scene, { node }) => void (await run(scene.node(node).host, 'nft', ['flush', 'ruleset'])),
    heal: async () => {},
  }),
  defineFault({
    name: 'state folder full',
    grip: 'host',
    apply: async (scene, { node }) => {
      const script = `dd if=/dev/zero of=${stateFolderOf(scene.node(node).host)}/filler bs=1k || true`
      await run(undefined, 'sh', ['-c', script])
    },
    heal: async (scene, { node }) => rmSync(`${stateFolderOf(scene.node(node).host)}/filler`),
  }),
  defineFault({
    name: 'descriptors used up',
    grip: 'process',
    costs: ({ node }, mode) =>
      mode === 'workers' ? { ends: 'node', keepsOut: node === 0 ? 'throughout' : 'nobody' } : {},
    apply: async (scene, { node }) => {
      const { host } = scene.node(node)
      const { pid } = scene.stage.gatewayOf({ host })
      const limits = await run(undefined, 'prlimit', [
        '--pid',
        `${pid}`,
        '--nofile',
        '--noheadings',
        '--output',
        'SOFT',
      ])
      filesBefore.set(host, limits.trim())
      await limitFiles(pid, `${usageOfProcess(pid).files + LEFT}`)
    },
    heal: async (scene, { node }) => {
      const { host } = scene.node(node)
      await limitFiles(scene.stage.gatewayOf({ host }).pid, filesBefore.get(host) ?? '')
    },
  }),
  defineFault({
    name: 'CPU taken',
    grip: 'process',
    lastsMs: [4000, 8000],
    apply: async (scene, { node }) => {
      const { host } = scene.node(node)
      const core = `${node % 2}`
      await run(undefined, 'taskset', ['-a', '-p', '-c', core, `${scene.stage.gatewayOf(scene.node(node)).pid}`])
      const loop = ['-c', core, 'sh', '-c', 'while :; do :; done']
      burning.set(
        host,
        Array.from({ length: BURNERS }, () => startProcess({ host, command: 'taskset', args: loop })),
      )
    },
    heal: async (scene, { node }) => {
      const { host } = scene.node(node)
      for (const burner of burning.get(host) ?? []) await burner.end()
      const { pid } = scene.stage.gatewayOf(scene.node(node))
      await run(undefined, 'taskset', ['-a', '-p', '-c', '0-1', `${pid}`])
    },
  }),
  defineFault({
    name: 'memory short',
    grip: 'process',
    // The kernel may end it.
    costs: ({ node }, mode) => ({
      ends: 'node',
      keepsOut: mode === 'workers' && node === 0 ? 'briefly' : 'nobody',
      movesVip: node === 0,
      endsGateway: true,
    }),
    apply: async (scene, { node }) => {
      const group = memoryGroup(scene.node(node).host)
      mkdirSync(group, { recursive: true })
      writeFileSync(`${group}/memory.limit_in_bytes`, MEMORY_LEFT)
      writeFileSync(`${group}/cgroup.procs`, `${scene.stage.gatewayOf(scene.node(node)).pid}`)
    },
    heal: async (scene, { node }) => {
      const group = memoryGroup(scene.node(node).host)
      for (const pid of readFileSync(`${group}/cgroup.procs`, 'utf8').split('\n').filter(Boolean))
        writeFileSync(`${MEMORY_GROUPS}/cgroup.procs`, pid)
      rmdirSync(group)
    },
    isPossible: () => existsSync(`${MEMORY_GROUPS}/memory.limit_in_bytes`),
  }),
  ...[
    { name: 'rp_filter strict', parameter: 'ipv4/conf/all/rp_filter', value: '1', after: '0' },
    { name: 'ARP of the host restricted', parameter: 'ipv4/conf/all/arp_ignore', value: '2', after: '0' },
  ].map(({ name, parameter, value, after }) =>
    defineFault({
      name,
      grip: 'host',
      apply: (scene, { node }) => scene.setParameter(scene.node(node).host, parameter, value),
      heal: (scene, { node }) => scene.setParameter(scene.node(node).host, parameter, after),
    }),
  ),
]

async function limitFiles(pid: number, limit: string): Promise<void> {
  await run(undefined, 'prlimit', ['--pid', `${pid}`, `--nofile=${limit}:`])
}
