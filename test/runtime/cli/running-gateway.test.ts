import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { InspectedGateway, memberOf, routeOf } from '../../actors/inspector/gateway-fixture.ts'
import { CapturedCli, healthyHost } from './captured-cli.ts'

let gateway: InspectedGateway
let cli: CapturedCli
beforeEach(async () => {
  gateway = new InspectedGateway()
  cli = new CapturedCli()
  await gateway.start()
})
afterEach(() => gateway.close())

const ask = (...args: readonly string[]) => cli.output(...args, '-s', gateway.socketPath)
const ESCAPE = '\u001b['

describe('status', () => {
  test('for people: the verdict first, aligned, all columns and no colours in a pipe', async () => {
    const { code, stdout, stderr } = await ask('status')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(
      [
        'warning: node-10 has failed on port 3128; node-1 leads, 2 of 3 nodes serve  since 00:00:00 UTC',
        'jupiter (10.0.0.1) is director; forwards by workers',
        '',
        'VRRP 2      MASTER, VRID 51, priority 99, adverts every 1 s, 1 transition',
        'Director    node-1 (10.0.0.1), priority 99',
        'Virtual IP  10.0.0.5 held here',
        'Monitor     ok',
        '',
        ' NODE     ADDRESS    ROLE      STATE    SLOTS  WEIGHT  ACTIVE  TOTAL   CPU   MEM  SEEN  CONN/S  IN/S  OUT/S  FAILED  FROM',
        '*node-1   10.0.0.1   director  ok        2048     200      11    500  25 %  50 %     -       -     -      -       2  self',
        ' node-2   10.0.0.2   scanning  ok        2048     200      12    400  25 %  50 %   0 s       -     -      -       0  beacon',
        ' node-10  10.0.0.10  scanning  failure      0       0       3      -  25 %  50 %   0 s       -     -      -       -  beacon',
        '',
        'warning: beacons are not authenticated',
        '',
      ].join('\n'),
    )
  })

  test.each([80, 60, 132])(
    'in a terminal of %i columns no line is longer: the less important ones give way',
    async (columns) => {
      cli.stdout.isTTY = true
      cli.stdout.columns = columns
      cli.variables = { NO_COLOR: '1' }
      const { stdout } = await ask('status')
      expect(stdout.split('\n').filter(({ length }) => length > columns)).toEqual([])
      expect(stdout).toMatch(/^\*node-1 +10\.0\.0\.1 +director +ok .* 11/m)
    },
  )

  test('adverts that were discarded are shown by reason, those that are none of our business are not', async () => {
    const { describe } = gateway.controls.elector!
    const counters = {
      advertsSent: 9,
      'discarded.vrid': 5,
      'discarded.ttl': 3,
      'discarded.ownLoop': 1,
      'discarded.auth': 1,
    }
    gateway.controls.elector = { describe: async () => ({ ...((await describe!()) as object), counters }) }
    expect((await ask('status')).stdout).toContain('\nDiscarded   adverts, by reason: ttl 3, auth 1\n')
  })

  test('in a terminal states are coloured, and the columns stay where they are', async () => {
    const plain = await ask('status')
    cli = new CapturedCli()
    cli.stdout.isTTY = true
    cli.stdout.columns = 200
    const { stdout } = await ask('status')
    expect(stdout).toContain(`${ESCAPE}32mok${ESCAPE}0m`)
    expect(stdout).toContain(`${ESCAPE}31mfailure${ESCAPE}0m`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are taken out
    expect(stdout.replaceAll(/\u001b\[\d+m/g, '').replace(/ +since/, '  since')).toBe(plain.stdout)
  })

  test('NO_COLOR is respected in a terminal', async () => {
    cli.stdout.isTTY = true
    cli.variables = { NO_COLOR: '1' }
    expect((await ask('status')).stdout).not.toContain(ESCAPE)
  })

  test('--json is the object of GET /status', async () => {
    const { code, stdout } = await ask('status', '--json')
    expect(code).toBe(0)
    expect(Object.keys(JSON.parse(stdout))).toEqual([
      'node',
      'role',
      'forwarding',
      'vrrp',
      'instances',
      'virtualIps',
      'monitor',
      'nodes',
      'warnings',
      'verdict',
    ])
  })

  test('of several instances there is a line for each', async () => {
    await gateway.stop()
    const lost = { state: 'BACKUP', role: 'scanning', masterIp: '10.0.0.2', masterPriority: 150 } as const
    await gateway.startWithWeb(
      { ...lost, effectivePriority: 79, counters: { 'discarded.ttl': 2 } },
      { virtualIps: [{ address: '10.0.0.6', held: false }] },
    )
    const { stdout } = await ask('status')
    expect(stdout.split('\n').slice(3, 11)).toEqual([
      'INSTANCE  VRID  STATE   PRIORITY     DIRECTOR        ADVERTS  HELD    CHANGES',
      'VI_51       51  MASTER  99           10.0.0.1 (99)   1 s      1 of 1        1',
      'web         52  BACKUP  99 (now 79)  10.0.0.2 (150)  1 s      0 of 1        1',
      '',
      'Virtual IP  10.0.0.5 held here',
      '            10.0.0.6 not here',
      'Monitor     ok',
      'Discarded   adverts of web, by reason: ttl 2',
    ])
  })

  test('the line of an instance fits 80 columns, also with a director of IPv6', async () => {
    await gateway.stop()
    const masterIp = 'fe80::3402:53ff:feff:e985'
    await gateway.startWithWeb({
      masterIp,
      masterPriority: 254,
      priority: 254,
      effectivePriority: 154,
      advertIntervalMs: 200,
    })
    cli.variables = { COLUMNS: '80' }
    const { stdout } = await ask('status')
    expect(stdout).toContain(`${masterIp} (254)`)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('names that other hosts sent cannot move the cursor', async () => {
    const { describe } = gateway.controls.discovery!
    gateway.controls.discovery = {
      describe: async () => {
        const said = (await describe!()) as { members: { name: string }[] }
        return { ...said, members: said.members.map((member) => ({ ...member, name: `a${ESCAPE}2Jb` })) }
      },
    }
    const { stdout } = await ask('status')
    expect(stdout).toContain('a?[2Jb')
    expect(stdout).not.toContain(ESCAPE)
  })

  test('--watch --json is a line a second until it is interrupted, also while the gateway is gone', async () => {
    const watching = ask('status', '--watch', '--json')
    const lines = () => cli.stdout.text.split('\n').slice(0, -1)
    await expect.poll(() => lines().length).toBe(1)
    await expect.poll(() => cli.clock.nextDueMs()).toBe(1000)
    await gateway.stop()
    cli.clock.advance(1000)
    await expect.poll(() => lines().length).toBe(2)
    await expect.poll(() => cli.clock.nextDueMs()).toBe(2000)
    cli.interruption.abort()
    expect((await watching).code).toBe(0)
    expect(lines().map((line) => Object.keys(JSON.parse(line))[0])).toEqual(['node', 'error'])
  })
})

test('the control socket is found by the configuration too', async () => {
  const config = join(gateway.folder, 'gateway.yaml')
  writeFileSync(
    config,
    `virtualIps: [10.0.0.5]\nredirects: [{originalPorts: [80], proxyPort: 3128}]\ncontrol: {socket: ${gateway.socketPath}}\n`,
  )
  expect(await cli.run('actors', '-c', config)).toBe(0)
})

test('check -s and --host ask the gateway', async () => {
  const answer = { code: 0, stdout: 'monitor: ok\nport 3128 is listening\n' }
  expect(await ask('check', '-v')).toMatchObject(answer)
  cli = new CapturedCli()
  expect(await cli.output('check', '-v', '--host', `127.0.0.1:${gateway.port}`)).toMatchObject(answer)
})

describe('which', () => {
  test('says where and why', async () => {
    expect(await ask('which', '10.1.0.9')).toMatchObject({
      code: 0,
      stdout: '10.1.0.9 -> node-2 (10.0.0.2): pinned by 2 active connections for 5 s; slot 77; last seen 1 s ago\n',
    })
  })

  test('and why the node has its weight, where the gateway that is asked decides it', async () => {
    const row = { address: '10.0.0.2', slots: 373, activeConnections: 2, overloaded: false }
    const nodes = [{ ...row, weight: 26, slowStart: 0.1, weightReason: 'capacity 100; slow start, at 10 %' }]
    gateway.controls.dispatcher = {
      which: async (client: string) => ({ ...routeOf(client), reason: 'slot', sinceMs: null }),
      describe: async () => ({ generation: 1, nodes, warnings: [] }),
    }
    expect(await ask('which', '10.1.0.9')).toMatchObject({
      code: 0,
      stdout: [
        '10.1.0.9 -> node-2 (10.0.0.2): owner of slot 77; last seen 1 s ago',
        'node-2 has weight 26: capacity 100; slow start, at 10 %',
        '',
      ].join('\n'),
    })
  })

  test('says so when no node can take the client', async () => {
    gateway.controls.dispatcher = {
      which: async (client: string) => ({ ...routeOf(client), node: null, reason: 'slot', idleS: null }),
    }
    expect(await ask('which', '10.1.0.9')).toMatchObject({
      code: 0,
      stdout: '10.1.0.9 -> nowhere: no node can take connections (slot 77)\n',
    })
  })

  test('--json is the route', async () => {
    expect(JSON.parse((await ask('which', '::1', '--json')).stdout)).toEqual(routeOf('::1'))
  })

  test('an actor that is down is a line, exit code 1', async () => {
    delete gateway.controls.dispatcher
    expect(await ask('which', '10.1.0.9')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'the gateway says: dispatcher does not run\n',
    })
  })
})

describe('on a node that is not director, which and clients say on stderr whom to ask', () => {
  test.each([
    [{ masterIp: '10.0.0.2' }, 'ask node-2 (10.0.0.2)'],
    [{ masterIp: null }, 'no director is known here, ask again'],
  ])('%o', async ({ masterIp }, whom) => {
    const { describe } = gateway.controls.elector!
    const change = { role: 'scanning', state: 'BACKUP', masterIp }
    gateway.controls.elector = { describe: async () => ({ ...((await describe!()) as object), ...change }) }
    for (const question of [
      ['which', '10.1.0.9'],
      ['which', '10.1.0.9', '--json'],
      ['clients'],
      ['clients', '--json'],
    ]) {
      cli = new CapturedCli()
      const { code, stderr } = await ask(...question)
      expect([code, stderr]).toEqual([0, `this node does not decide where clients go: ${whom}\n`])
    }
  })
})

describe('clients', () => {
  test('is a table; a limit that was reached is said on stderr', async () => {
    expect(await ask('clients', '-n', '2')).toEqual({
      code: 0,
      stdout: [
        'CLIENT    NODE               WHY  SLOT  ACTIVE  LAST SEEN',
        '10.1.0.1  node-2 (10.0.0.2)  pin    77       2        1 s',
        '10.1.0.2  node-2 (10.0.0.2)  pin    77       2        1 s',
        '',
      ].join('\n'),
      stderr: 'these are 2 of 3 clients; -n asks for more, --offset 2 for the next\n',
    })
  })

  test('--json is the list', async () => {
    expect(JSON.parse((await ask('clients', '--json')).stdout)).toHaveLength(3)
  })

  test('--node takes a name or an address, and --sort an order', async () => {
    for (const node of ['node-2', '10.0.0.2']) {
      cli = new CapturedCli()
      const { stdout } = await ask('clients', '--node', node, '--sort', 'client', '--json')
      expect(JSON.parse(stdout).map(({ client }: { client: string }) => client)).toEqual([
        '10.1.0.1',
        '10.1.0.2',
        '10.1.0.3',
      ])
    }
    cli = new CapturedCli()
    expect(await ask('clients', '--node', 'node-10')).toMatchObject({
      code: 0,
      stdout: 'no client of node-10 is known here\n',
    })
  })

  test.each([
    [['--node', 'mars'], 'the gateway says: no node of that name or management IP is known here: mars'],
    [['--sort', 'beauty'], 'Allowed choices are client, node, active, seen.'],
    [['--sort', 'seen', '--offset', '65000'], 'in an order only the first 65536 can be had'],
  ])('%j is refused', async (options, told) => {
    const { code, stderr } = await ask('clients', ...options)
    expect([code, stderr]).toEqual([1, expect.stringContaining(told)])
  })
})

describe('doctor', () => {
  const heal = (director = '10.0.0.1') => {
    const traffic = { connections: 7, failed: 0, bytesIn: 0, bytesOut: 0 }
    const members = ['10.0.0.1', '10.0.0.2'].map((address) =>
      memberOf(address, { self: address === '10.0.0.1', director: address === director, traffic }),
    )
    gateway.controls.discovery = { describe: async () => ({ members, counters: {}, warnings: [] }) }
    const weight = { weight: 256, overloaded: false, slowStart: null, weightReason: null }
    const nodes = members.map(({ address }) => {
      return { address, ...weight, slots: 2048, activeConnections: 0 }
    })
    gateway.controls.dispatcher = { describe: async () => ({ generation: 1, nodes, warnings: [] }) }
  }

  test('a healthy gateway: nothing to worry about, exit code 0', async () => {
    heal()
    expect(await ask('doctor')).toEqual({
      code: 0,
      stdout: 'ok: node-1 leads, 2 of 2 nodes serve\njupiter (10.0.0.1) is director: nothing to worry about\n',
      stderr: '',
    })
  })

  test('each problem with its evidence and what to do, exit code 1', async () => {
    expect(await ask('doctor')).toEqual({
      code: 1,
      stdout: [
        'warning: node-10 has failed on port 3128; node-1 leads, 2 of 3 nodes serve',
        'jupiter (10.0.0.1) is director',
        '',
        'warning: node-10 (10.0.0.10) takes no traffic',
        '  - it has failed; last heard 0 s ago',
        '  - its proxy fails on port 3128',
        '  to do: run "proxyha doctor" on node-10',
        '',
        'warning: beacons are not authenticated',
        '  to do: set the same cluster.key on all nodes',
        '',
      ].join('\n'),
      stderr: '',
    })
  })

  test('a note alone is nothing to worry about', async () => {
    heal('10.0.0.2')
    const { describe } = gateway.controls.elector!
    const yielding = { role: 'scanning', state: 'BACKUP', masterIp: '10.0.0.2', masterPriority: 50, yielding: true }
    gateway.controls.elector = { describe: async () => ({ ...((await describe!()) as object), ...yielding }) }
    const { code, stdout } = await ask('doctor')
    expect(code).toBe(0)
    expect(stdout).toContain(
      'jupiter (10.0.0.1) is scanning; the director is node-2 (10.0.0.2): nothing to worry about\n\nnote: ',
    )
  })

  test('of a gateway on another host it says what that says: nothing of this host is looked at', async () => {
    heal()
    cli.view = healthyHost({ rpFilter: 2, link: null })
    const { code, stdout } = await cli.output('doctor', '--host', `127.0.0.1:${gateway.port}`)
    expect([code, cli.questions]).toEqual([0, []])
    expect(stdout).toContain(
      'jupiter (10.0.0.1) is director; of its host nothing was looked at: nothing to worry about',
    )
  })

  test('in a terminal of 80 columns no line is longer', async () => {
    cli.variables = { COLUMNS: '80' }
    const { stdout } = await ask('doctor')
    expect(stdout.split('\n').filter(({ length }) => length > 80)).toEqual([])
  })

  test('--json has the codes', async () => {
    const { code, stdout } = await ask('doctor', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      node: 'jupiter',
      role: 'director',
      verdict: { level: 'warning', text: expect.stringContaining('node-10 has failed') },
      findings: [{ code: 'node-failure', level: 'warning', about: '10.0.0.10' }, { code: 'cluster-key' }],
    })
  })
})

describe('reload', () => {
  const changes = [{ path: 'directorPriority', before: '99', after: '120' }]
  const answer = (report: object) => {
    gateway.controls.supervisor = { reload: async () => 1, reloadReport: async () => report }
  }

  test('a line for each setting that changed', async () => {
    answer({ outcome: 'applied', changes, problems: [] })
    expect(await ask('reload')).toEqual({ code: 0, stdout: 'directorPriority: 99 -> 120\n', stderr: '' })
  })

  test('who has not confirmed it is told beside it', async () => {
    answer({ outcome: 'applied', changes, problems: ['watcher has not confirmed it yet'] })
    expect(await ask('reload')).toMatchObject({ code: 0, stderr: 'watcher has not confirmed it yet\n' })
  })

  test('nothing to do is no failure', async () => {
    answer({ outcome: 'unchanged', changes: [], problems: [] })
    expect(await ask('reload')).toEqual({ code: 0, stdout: 'nothing has changed\n', stderr: '' })
  })

  test('a refusal: why, a line each, and exit 1', async () => {
    answer({ outcome: 'refused', changes: [], problems: ['a: is wrong', 'b: is wrong'] })
    expect(await ask('reload')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'a: is wrong\nb: is wrong\nnothing was changed\n',
    })
  })

  test.each([
    ['applied', 0],
    ['refused', 1],
  ])('--json is the report, also of one that was %s', async (outcome, code) => {
    const report = { outcome, changes: [], problems: ['a: is wrong'] }
    answer(report)
    const { stdout, ...rest } = await ask('reload', '--json')
    expect([rest, JSON.parse(stdout)]).toEqual([{ code, stderr: '' }, report])
  })
})

describe('failover', () => {
  const orders: string[] = []
  const hasTaken = { outcome: 'taken', by: '10.0.0.2', priority: 89, afterMs: 652.4 }
  const describeElector = async (change: object) => ({ ...((await healthy()) as object), ...change })
  let healthy: () => Promise<unknown>
  beforeEach(() => {
    orders.length = 0
    healthy = gateway.controls.elector!.describe!
  })

  /** An elector that hands over, with that outcome, from the second look on. */
  function electorThatEnds(handOver: object, change: object = {}): void {
    let looks = 0
    gateway.controls.elector = {
      describe: async () => {
        if (orders.length === 0) return healthy()
        looks += 1
        return describeElector(looks > 1 ? { handOver, ...change } : { handOver: { outcome: 'underWay' } })
      },
      stepDown: async () => orders.push('stepDown') > 0,
    }
  }

  test('says who took over, and after how long', async () => {
    electorThatEnds(hasTaken, { role: 'scanning', state: 'BACKUP' })
    const failing = ask('failover')
    await expect.poll(() => cli.clock.nextDueMs()).toBe(50)
    cli.clock.advance(50)
    expect(await failing).toEqual({
      code: 0,
      stdout: 'node-2 (10.0.0.2) took over after 652 ms, with priority 89\n',
      stderr: '',
    })
    expect(orders).toEqual(['stepDown'])
  })

  test('--json is the outcome', async () => {
    electorThatEnds(hasTaken)
    const failing = ask('failover', '--json')
    await expect.poll(() => cli.clock.nextDueMs()).toBe(50)
    cli.clock.advance(50)
    expect(JSON.parse((await failing).stdout)).toEqual(hasTaken)
  })

  test('nobody followed: a line and exit code 1', async () => {
    electorThatEnds({ outcome: 'nobody', afterMs: 1500.2 })
    const failing = ask('failover')
    await expect.poll(() => cli.clock.nextDueMs()).toBe(50)
    cli.clock.advance(50)
    expect(await failing).toEqual({
      code: 1,
      stdout: '',
      stderr: 'nobody took over within 1500 ms: this node goes on as director; see "proxyha status"\n',
    })
  })

  test.each([
    [
      { role: 'scanning', state: 'BACKUP', masterIp: '10.0.0.2' },
      'this node is not the director: node-2 (10.0.0.2) is; order it there',
    ],
    [
      { role: 'scanning', state: 'BACKUP', masterIp: '10.0.0.7' },
      'this node is not the director: 10.0.0.7 is; order it there',
    ],
    [{ role: 'scanning', state: 'BACKUP', masterIp: null }, 'this node is not the director, and none is known'],
    [{ handOver: { outcome: 'underWay' } }, 'a hand-over is under way already'],
    [
      { priority: 255 },
      'this node owns the virtual IPs (priority 255) and would take them back at once; --force does it nevertheless',
    ],
  ])('refused with %j', async (change, reason) => {
    gateway.controls.elector = {
      describe: () => describeElector(change),
      stepDown: async () => orders.push('stepDown') > 0,
    }
    const members = [memberOf('10.0.0.1', { self: true }), memberOf('10.0.0.2', { director: true })]
    gateway.controls.discovery = { describe: async () => ({ members, counters: {}, warnings: [] }) }
    expect(await ask('failover')).toEqual({ code: 1, stdout: '', stderr: `the gateway says: ${reason}\n` })
    expect(orders).toEqual([])
  })

  test('refused where no other node could take over, unless --force', async () => {
    const members = [memberOf('10.0.0.1', { self: true, director: true }), memberOf('10.0.0.2', { health: 'failure' })]
    gateway.controls.discovery = { describe: async () => ({ members, counters: {}, warnings: [] }) }
    electorThatEnds(hasTaken)
    expect(await ask('failover')).toMatchObject({
      code: 1,
      stderr: 'the gateway says: no other node could take over: node-2 is failure; --force does it nevertheless\n',
    })
    expect(orders).toEqual([])
    const failing = ask('failover', '--force')
    await expect.poll(() => orders).toEqual(['stepDown'])
    await expect.poll(() => cli.clock.nextDueMs()).toBe(50)
    cli.clock.advance(50)
    expect((await failing).code).toBe(0)
  })
})

describe('failover of several instances', () => {
  const taken = { outcome: 'taken', by: '10.0.0.2', priority: 89, afterMs: 652.4 } as const
  const nobody = { outcome: 'nobody', afterMs: 1500 } as const

  /** Both are led here; once ordered, each has that outcome. */
  async function ordered(...outcomes: readonly object[]): Promise<string[]> {
    const orders: string[] = []
    await gateway.stop()
    await gateway.startWithWeb()
    for (const [index, elector] of ['elector', 'elector-web'].entries()) {
      const { describe } = gateway.controls[elector]!
      gateway.controls[elector] = {
        describe: async () => ({
          ...((await describe!()) as object),
          ...(orders.includes(elector) ? { handOver: outcomes[index] } : {}),
        }),
        stepDown: async () => orders.push(elector) > 0,
      }
    }
    return orders
  }

  test('tells of each by its name', async () => {
    await ordered(taken, taken)
    expect(await ask('failover')).toEqual({
      code: 0,
      stdout: ['VI_51', 'web']
        .map((name) => `${name}: node-2 (10.0.0.2) took over after 652 ms, with priority 89\n`)
        .join(''),
      stderr: '',
    })
  })

  test('--instance orders that one alone', async () => {
    const orders = await ordered(taken, taken)
    const { code, stdout } = await ask('failover', '--instance', 'web', '--json')
    expect([code, JSON.parse(stdout)]).toEqual([0, { ...taken, instance: 'web' }])
    expect(orders).toEqual(['elector-web'])
  })

  test('one that nobody took over makes the exit code 1, and the other is told nevertheless', async () => {
    await ordered(nobody, taken)
    expect(await ask('failover')).toEqual({
      code: 1,
      stdout: 'web: node-2 (10.0.0.2) took over after 652 ms, with priority 89\n',
      stderr: 'VI_51: nobody took over within 1500 ms: this node goes on as director; see "proxyha status"\n',
    })
  })
})

describe('announce', () => {
  test('says for what', async () => {
    gateway.controls.announcer = { announce: async () => ['10.0.0.5', '10.0.0.6'] }
    expect(await ask('announce')).toEqual({ code: 0, stdout: 'announced 10.0.0.5, 10.0.0.6\n', stderr: '' })
  })

  test('is refused where nothing is held', async () => {
    gateway.controls.announcer = { announce: async () => [] }
    expect(await ask('announce')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'the gateway says: this node holds no virtual IP: only the director announces them\n',
    })
  })
})

test('actors is a table', async () => {
  expect((await ask('actors')).stdout).toBe(
    [
      'ACTOR      STATE    THREAD  CLASS       UP  RESTARTS  MAILBOX  HANDLED  LOST  P50  P99',
      'elector    running       3  ordinary  61 s         0        0        9     0    -    -',
      'discovery  backoff       3  ordinary  61 s         2        0        9     0    -    -',
      '',
    ].join('\n'),
  )
})

describe('events', () => {
  beforeEach(() => {
    gateway.observe({ type: 'state', from: 'BACKUP', to: 'MASTER', cause: 'masterDown' })
    gateway.observe({ type: 'log', level: 'warn', line: 'careful' })
  })

  test('--internal is a line each', async () => {
    expect(await ask('events', '--internal')).toMatchObject({
      code: 0,
      stdout:
        '2023-11-14T22:13:20.000Z  elector         BACKUP -> MASTER (masterDown)\n' +
        '2023-11-14T22:13:20.000Z  elector         warn: careful\n',
    })
  })

  test('--json is a JSON object a line', async () => {
    const lines = (await ask('events', '--internal', '--json')).stdout.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(['state', 'log'])
  })

  test('--follow goes on until it is interrupted: exit code 0', async () => {
    const following = ask('events', '--internal', '--follow')
    await expect.poll(() => cli.stdout.text).toContain('careful')
    gateway.observe({ type: 'crashed', reason: 'boom' })
    await expect.poll(() => cli.stdout.text).toContain('elector         crashed: boom\n')
    cli.interruption.abort()
    expect(await following).toMatchObject({ code: 0, stderr: '' })
  })

  test('--follow ends with the gateway: exit code 1', async () => {
    const following = ask('events', '--internal', '--follow', '--json')
    await expect.poll(() => cli.stdout.text).toContain('careful')
    await gateway.stop()
    expect(await following).toMatchObject({ code: 1, stderr: 'the gateway has ended the stream\n' })
  })
})

test.each(['<html>', '{}', '[]', '{"status":"success","data":[]}'])(
  '%s is said to be from somebody else',
  async (answer) => {
    const path = join(gateway.folder, 'other.sock')
    const other = createServer((_, response) => response.end(answer))
    await new Promise<void>((resolve) => other.listen(path, resolve))
    expect(await cli.output('status', '-s', path)).toMatchObject({
      code: 1,
      stderr: `${path}: what answers there is no gateway; name its control socket with -s\n`,
    })
    await new Promise((resolve) => other.close(resolve))
    rmSync(path, { force: true })
  },
)
