import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Notice } from '../../actors/notifier/messages.ts'
import { describeInNamespaces } from '../namespaces.ts'
import { type GatewayNode, Group, START_PATIENCE_MS, until, VIP } from './group.ts'

const PATIENCE_MS = 30_000

interface Told extends Notice {
  readonly arguments: string
}

/**
 * Two nodes with adverts of 100 ms. Of each a script judges it, another one hangs; what happens is told to a program that writes it down,
 * and to one that hangs. The steps build on each other.
 */
describeInNamespaces("programs of the operator's own", { programs: ['squid'] }, (namespaces) => {
  const folder = mkdtempSync(join(tmpdir(), 'proxyha-notify-'))
  const [log, runs] = [join(folder, 'told'), join(folder, 'runs')]
  let group: Group
  let director: GatewayNode
  let other: GatewayNode

  const program = (name: string, script: string): string => {
    const file = join(folder, name)
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
    return file
  }
  const flagOf = (node: string) => join(folder, `well-${node}`)

  beforeAll(async () => {
    const tell = program('tell', `read -r json; echo "$* $json" >> ${log}`)
    const hang = program('hang', `echo $1 >> ${runs}; trap '' TERM; sleep 1000 & wait`)
    const leads = (node: string, priority: number) => `directorPriority: ${priority}
virtualIps: ['${VIP}/16']
track:
  scripts:
    - { name: flag, command: [/bin/sh, -c, "echo no flag; test -e ${flagOf(node)}"], interval: 200ms }
    - { name: hanging, command: [${hang}, script], interval: 200ms, timeout: 300ms, weight: -1 }`
    const settings = `vrrp: { version: 3, advertInterval: 100ms }
notify:
  - { command: ${tell} }
  - { command: [${hang}, notifier], timeout: 1s }`
    for (const node of ['node0', 'node1']) writeFileSync(flagOf(node), '')
    group = new Group(namespaces, {
      priorities: [99, 89],
      elections: [leads('node0', 99), leads('node1', 89)],
      settings,
    })
    ;[director, other] = group.nodes as [GatewayNode, GatewayNode]
    await group.start()
  }, 2 * START_PATIENCE_MS)
  afterAll(async () => {
    await namespaces.close()
    group.close()
    rmSync(folder, { recursive: true })
  })

  const told = (): readonly Told[] =>
    readFileSync(log, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => ({
        ...(JSON.parse(line.slice(line.indexOf('{'))) as Notice),
        arguments: line.slice(0, line.indexOf(' {')),
      }))
  const tells = async (what: Partial<Told>, since: number): Promise<Told> => {
    const find = () =>
      told()
        .slice(since)
        .find((one) => Object.entries(what).every(([key, value]) => one[key as keyof Told] === value))
    await until(
      () => find() !== undefined,
      PATIENCE_MS,
      () => `${JSON.stringify(what)} among ${JSON.stringify(told().slice(since))}`,
    )
    return find()!
  }
  const runsOf = (who: string) =>
    (existsSync(runs) ? readFileSync(runs, 'utf8').split('\n') : []).filter((one) => one === who).length
  const transitions = () => Promise.all(group.nodes.map(async (node) => (await node.status())?.vrrp.transitions))

  it('each node tells what it becomes, as keepalived does', async () => {
    expect(await tells({ from: 'node0', event: 'director' }, 0)).toMatchObject({
      arguments: expect.stringMatching(/^INSTANCE VI_51 MASTER 9[89]$/),
      instance: 'VI_51',
    })
    await tells({ from: 'node1', event: 'backup' }, 0)
    for (const node of ['node0', 'node1']) {
      const states = told().filter(({ from, instance }) => from === node && instance !== null)
      // Each goes on from the one before: none is missing, and none comes twice.
      expect(states.map(({ previous }) => previous)).toEqual(['INIT', ...states.slice(0, -1).map(({ state }) => state)])
    }
  })

  it('what hangs is killed, and harms nobody: adverts of 100 ms keep their pace', async () => {
    const before = await transitions()
    const from = [runsOf('script'), runsOf('notifier')] as const
    await until(() => runsOf('script') >= from[0] + 20, 60_000, 'twenty more runs of the hanging script')
    expect(await transitions()).toEqual(before)
    expect(runsOf('notifier')).toBeGreaterThan(0)
    const status = await director.status()
    expect(status?.warnings).toContainEqual(
      expect.stringMatching(
        /^script hanging was killed, since it took longer than 300 ms.*: its priority counts as 98$/,
      ),
    )
    await until(
      async () =>
        (await director.status())?.warnings.some((line) => /^notify: .*hang failed .*was killed/.test(line)) ?? false,
      PATIENCE_MS,
      'a warning of the notifier that hangs',
    )
  })

  it('a script that fails takes its node out of the election, and is named by all who are asked', async () => {
    const since = told().length
    rmSync(flagOf('node0'))
    const fault = await tells({ from: 'node0', event: 'fault' }, since)
    expect(fault).toMatchObject({ state: 'FAULT', previous: 'MASTER', reason: 'script flag ended with 1: no flag' })
    expect(await tells({ from: 'node1', event: 'director' }, since)).toMatchObject({ priority: 88 })
    expect((await director.status())?.warnings).toContain(
      'script flag ended with 1: no flag: this node takes no part in the election',
    )
    const { stdout } = await director.proxyha('doctor', '--json', '-s', director.socket)
    expect(JSON.parse(stdout).findings).toContainEqual(
      expect.objectContaining({ code: 'fault', advice: 'mend it, or change track.scripts' }),
    )
    writeFileSync(flagOf('node0'), '')
    await tells({ from: 'node0', event: 'director' }, since)
    await group.settled(0, 2)
  }, 90_000)

  it('a script that a reload changes, or takes away, counts as it is by then', async () => {
    const file = readFileSync(director.configFile, 'utf8')
    writeFileSync(director.configFile, file.replace('weight: -1', 'weight: -9'))
    expect(await director.proxyha('reload', '-s', director.socket)).toMatchObject({ code: 0 })
    const priority = async () =>
      ((await director.status())?.vrrp as { effectivePriority?: number } | undefined)?.effectivePriority
    await until(async () => (await priority()) === 90, PATIENCE_MS, 'priority 90')
    writeFileSync(director.configFile, file.replace(/^ {4}- \{ name: hanging.*\n/m, ''))
    expect(await director.proxyha('reload', '-s', director.socket)).toMatchObject({ code: 0 })
    await until(async () => (await priority()) === 99, PATIENCE_MS, 'priority 99')
    writeFileSync(director.configFile, file)
    expect(await director.proxyha('reload', '-s', director.socket)).toMatchObject({ code: 0 })
    await until(async () => (await priority()) === 98, PATIENCE_MS, 'priority 98')
  }, 90_000)

  it('a configuration that is refused is told, with why', async () => {
    const since = told().length
    const file = readFileSync(director.configFile, 'utf8')
    writeFileSync(director.configFile, `${file}\ncolour: green\n`)
    expect(await director.proxyha('reload', '-s', director.socket)).toMatchObject({ code: 1 })
    writeFileSync(director.configFile, file)
    expect(await tells({ event: 'configurationRefused' }, since)).toMatchObject({
      arguments: 'NODE node0 REFUSED 99',
      from: 'node0',
      reason: expect.stringContaining('colour: is not a known key'),
    })
  })

  it('a node that has drained is told by the director alone', async () => {
    const since = told().length
    expect(await director.proxyha('drain', 'node1', '-s', director.socket)).toMatchObject({ code: 0 })
    expect(await tells({ event: 'drained' }, since)).toMatchObject({
      arguments: 'NODE node1 DRAINED 89',
      from: 'node0',
    })
    expect(await director.proxyha('undrain', 'node1', '-s', director.socket)).toMatchObject({ code: 0 })
    await group.settled(0, 2)
    expect(
      told()
        .slice(since)
        .filter(({ event }) => event === 'drained'),
    ).toHaveLength(1)
  }, 60_000)

  it('a node that fails, and returns, is told by the director alone', async () => {
    const since = told().length
    await other.stopGateway('SIGKILL')
    expect(await tells({ event: 'nodeFailed' }, since)).toMatchObject({
      arguments: 'NODE node1 FAILED 89',
      from: 'node0',
      address: other.address,
      reason: 'it is not heard any more',
    })
    other.startGateway()
    expect(await tells({ event: 'nodeReturned' }, since)).toMatchObject({
      arguments: 'NODE node1 RETURNED 89',
      from: 'node0',
    })
    await group.settled(0, 2, START_PATIENCE_MS)
    const ofNodes = told()
      .slice(since)
      .filter(({ event }) => event.startsWith('node'))
    expect(ofNodes.map(({ event, from }) => `${from} ${event}`)).toEqual(['node0 nodeFailed', 'node0 nodeReturned'])
  }, 120_000)

  it('a director that fails is told by who follows', async () => {
    const since = told().length
    await director.stopGateway('SIGKILL')
    await tells({ from: 'node1', event: 'director' }, since)
    expect(await tells({ event: 'nodeFailed' }, since)).toMatchObject({ from: 'node1', node: 'node0', priority: 99 })
    director.startGateway()
    expect(await tells({ event: 'nodeReturned' }, since)).toMatchObject({ node: 'node0' })
    await group.settled(0, 2, START_PATIENCE_MS)
  }, 120_000)

  it('a director that is stopped tells that it is one no more, whatever hangs', async () => {
    const since = told().length
    await director.stopGateway()
    expect(await tells({ from: 'node0', event: 'backup' }, since)).toMatchObject({
      previous: 'MASTER',
      state: 'BACKUP',
    })
    await tells({ from: 'node1', event: 'director' }, since)
    expect(
      told()
        .slice(since)
        .filter(({ event }) => event === 'nodeFailed'),
    ).toEqual([])
  }, 60_000)
})
