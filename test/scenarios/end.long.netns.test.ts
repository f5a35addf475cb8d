import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { describeInNamespaces, type Namespaces } from '../namespaces.ts'
import { type GatewayNode, Group, START_PATIENCE_MS, until } from './group.ts'

/** Twenty seconds are the gateway's own bound; a busy machine has some more. */
const END_MS = 40_000
/** Crashes of an actor that are one too many. */
const CRASHES = 6
const STALL_MS = 60_000

/** A gateway with something that its end waits for and that is broken: by what it is started, or what is done to it later. */
interface Broken {
  readonly startedBy?: (folder: string) => readonly string[]
  readonly later?: (node: GatewayNode, folder: string) => unknown
}

const shell = (script: string): readonly string[] => ['sh', '-c', script, 'sh']

/** The `nft` that is found first hangs from the moment on that a file says so, with a child that keeps its output open. */
function withNft(folder: string): readonly string[] {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(
    join(bin, 'nft'),
    `#!/bin/sh\n[ -e ${folder}/hang ] && { trap '' TERM; sleep 1000; }\nPATH=/usr/sbin:/sbin:$PATH\nexec nft "$@"\n`,
  )
  chmodSync(join(bin, 'nft'), 0o755)
  return ['env', `PATH=${bin}:${process.env.PATH}`]
}

const BROKEN: Readonly<Record<string, Broken>> = {
  'stdout is on a disk that is full': { startedBy: () => shell('exec "$@" > /dev/full') },
  'stdout is a pipe that is full, and its reader stalls': {
    startedBy: (folder) =>
      shell(
        `mkfifo ${folder}/log; sleep 1000 < ${folder}/log > /dev/null 2>&1 & exec 3> ${folder}/log; head -c 65536 /dev/zero >&3; exec "$@" >&3 3>&-`,
      ),
  },
  'nft hangs': { startedBy: withNft, later: (_node, folder) => writeFileSync(join(folder, 'hang'), '') },
  'the elector does not answer': { later: (node) => node.get(`/test/stall?actor=elector&ms=${STALL_MS}`) },
  'the announcer does not answer': { later: (node) => node.get(`/test/stall?actor=announcer&ms=${STALL_MS}`) },
  'the inspector does not answer': { later: (node) => node.get(`/test/stall?actor=inspector&ms=${STALL_MS}`) },
}

async function started(namespaces: Namespaces, { startedBy }: Broken, forwarding: string) {
  const made: (readonly string[] | undefined)[] = []
  const group = new Group(namespaces, { priorities: [99], startedBy: made, settings: `forwarding: ${forwarding}` })
  made.push(startedBy?.(group.folder))
  const [node] = group.nodes
  node!.startGateway()
  await until(async () => (await node!.status())?.role === 'director', START_PATIENCE_MS, 'a director')
  return { group, node: node! }
}

/** Each crash has to be over before the next: an actor is crashed once, however often it is told to. */
async function isRestarted(node: GatewayNode, times: number): Promise<boolean> {
  const actors = (await node.get('/actors')) as readonly { name: string; state: string; restarts: number }[] | null
  const monitor = actors?.find(({ name }) => name === 'port-monitor')
  return monitor?.state === 'running' && monitor.restarts === times
}

async function exitCodeOf(node: GatewayNode): Promise<number | null> {
  const { process } = node.gateway!
  await until(() => process.exitCode !== null || process.signalCode !== null, END_MS, 'the end of the gateway')
  return process.exitCode
}

describeInNamespaces('the end of a gateway is bounded', { programs: ['nft'] }, (namespaces) => {
  let group: Group | undefined
  afterEach(() => group?.close())
  afterAll(() => namespaces.close())

  const cases = [
    ['stdout is on a disk that is full', 'workers'],
    ['stdout is a pipe that is full, and its reader stalls', 'kernel'],
    ['nft hangs', 'workers'],
    ['nft hangs', 'kernel'],
    ['the elector does not answer', 'workers'],
    ['the announcer does not answer', 'kernel'],
    ['the inspector does not answer', 'workers'],
  ] as const

  test.each(cases)(
    'by SIGTERM, although %s (%s mode)',
    async (what, forwarding) => {
      const broken = BROKEN[what]!
      const begun = await started(namespaces, broken, forwarding)
      group = begun.group
      void broken.later?.(begun.node, begun.group.folder)
      begun.node.gateway!.process.kill('SIGTERM')
      expect(await exitCodeOf(begun.node)).toBe(0)
    },
    120_000,
  )

  test('by escalation, although stdout is a pipe that is full, and its reader stalls: exit 70', async () => {
    const { node, ...begun } = await started(
      namespaces,
      BROKEN['stdout is a pipe that is full, and its reader stalls']!,
      'workers',
    )
    group = begun.group
    for (let crash = 0; crash < CRASHES; crash++) {
      await until(async () => await isRestarted(node, crash), END_MS, `a port monitor that runs after ${crash} crashes`)
      await node.get('/test/crash?actor=port-monitor')
    }
    expect(await exitCodeOf(node)).toBe(70)
    expect(node.holdsVip()).toBe(false)
  }, 180_000)
})
