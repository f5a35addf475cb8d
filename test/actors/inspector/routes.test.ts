import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { FastPathStatus } from '../../../actors/fast-path/messages.ts'
import type { GatewayStatus, TrafficHistory } from '../../../actors/inspector/messages.ts'
import { emptyHistogram, observed } from '../../../runtime/actor-system/inspection/histogram.ts'
import { warning } from '../../../runtime/actor-system/inspection/warning.ts'
import { actorOf, ask, askJson, figuresOf, InspectedGateway, memberOf, routeOf, vrrp } from './gateway-fixture.ts'

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))

let gateway: InspectedGateway
beforeEach(async () => {
  gateway = new InspectedGateway()
  await gateway.start()
})
afterEach(() => gateway.close())

const status = async () => (await askJson(gateway.socketPath, '/status')) as GatewayStatus
const describeAs = async (actor: string, change: object) => {
  const before = await gateway.controls[actor]!.describe!()
  gateway.controls[actor] = { ...gateway.controls[actor], describe: async () => ({ ...(before as object), ...change }) }
}

const KERNEL_MODE: FastPathStatus = {
  state: 'applied',
  nodes: [],
  pins: [
    { family: 'IPv4', count: 65_536, most: 65_536 },
    { family: 'IPv6', count: null, most: 65_536 },
  ],
  unpinnedPackets: 7,
  holders: null,
  counters: { applied: 1 },
  warnings: [],
}

describe('GET /status', () => {
  test('is one object, the same on the control socket and on TCP', async () => {
    const virtualIps = [{ address: '10.0.0.5', held: true }]
    const expected = {
      node: 'jupiter',
      role: 'director',
      forwarding: 'workers',
      vrrp,
      instances: [{ name: 'VI_51', family: 'ipv4', role: 'director', ...vrrp, virtualIps, warnings: [] }],
      virtualIps,
      monitor: { state: 'ok', ports: [{ port: 3128, listening: true, problem: null }] },
      nodes: [
        {
          name: 'node-1',
          address: '10.0.0.1',
          mac: '02:00:00:00:00:01',
          self: true,
          director: true,
          state: 'ok',
          forwarding: 'workers',
          weight: 200,
          slots: 2048,
          activeConnections: 11,
          drained: false,
          maint: false,
          lastResort: false,
          reachMs: null,
          totalConnections: 500,
          failedConnections: 2,
          bytesIn: 1000,
          bytesOut: 10_000,
          connectionsPerS: null,
          bytesInPerS: null,
          bytesOutPerS: null,
          cpu: 0.25,
          memory: 0.5,
          capacity: 100,
          agent: null,
          failedPorts: [],
          overloaded: false,
          slowStart: null,
          weightReason: null,
          lastSeenMs: 0,
          source: 'self',
          ageMs: 0,
          left: false,
          key: 'current',
          missing: false,
          missingSince: null,
        },
        expect.objectContaining({ address: '10.0.0.2', slots: 2048, activeConnections: 12, totalConnections: 400 }),
        expect.objectContaining({
          address: '10.0.0.10',
          state: 'failure',
          forwarding: 'workers',
          failedPorts: [3128],
          slots: 0,
          activeConnections: 3,
          totalConnections: null,
          failedConnections: null,
        }),
      ],
      warnings: ['beacons are not authenticated'],
      verdict: {
        level: 'warning',
        text: 'warning: node-10 has failed on port 3128; node-1 leads, 2 of 3 nodes serve',
        since: expect.stringMatching(/Z$/),
      },
    }
    expect(await status()).toEqual(expected)
    expect(await askJson(gateway.port, '/status')).toEqual(expected)
  })

  test('has no control character and no bidi mark in its text, and loses none of its meaning', async () => {
    const name = 'jupi\u202eter\u0085\u2028\u{e0041}'
    await describeAs('discovery', { members: [memberOf('10.0.0.1', { self: true, name })] })
    const { body } = await ask(gateway.socketPath, '/status')
    expect(body.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(JSON.parse(body).nodes[0].name).toBe(name)
  })

  test('a scanning node shows the director and itself only', async () => {
    await describeAs('elector', { role: 'scanning', state: 'BACKUP', masterIp: '10.0.0.2' })
    await describeAs('discovery', {
      members: [
        memberOf('10.0.0.1', { self: true }),
        memberOf('10.0.0.2', { director: true, activeConnections: 6 }),
        memberOf('10.0.0.3'),
      ],
    })
    const { nodes } = await status()
    expect(nodes.map(({ address }) => address)).toEqual(['10.0.0.1', '10.0.0.2'])
    // A scanning node hands nothing on: what the director reported counts, not the own table.
    expect(nodes[1]?.activeConnections).toBe(6)
  })

  test('with all=1 a scanning node shows every node, and who has told it of each, how long ago', async () => {
    await describeAs('elector', { role: 'scanning', state: 'BACKUP', masterIp: '10.0.0.2' })
    const members = [
      memberOf('10.0.0.1', { self: true, lastSeenMs: 0 }),
      memberOf('10.0.0.2', { director: true, lastSeenMs: 300 }),
      memberOf('10.0.0.3', { source: 'director', lastSeenMs: 1300 }),
    ]
    await describeAs('discovery', { members })
    const { nodes } = (await askJson(gateway.socketPath, '/status?all=1')) as GatewayStatus
    expect(nodes.map(({ address, source, ageMs }) => [address, source, ageMs])).toEqual([
      ['10.0.0.1', 'self', 0],
      ['10.0.0.2', 'beacon', 300],
      ['10.0.0.3', 'director', 1300],
    ])
    expect((await status()).nodes).toHaveLength(2)
  })

  test('beside another director the connections are those that the nodes report: each sees only its own', async () => {
    const members = [
      memberOf('10.0.0.1', { self: true, director: true, activeConnections: 21 }),
      memberOf('10.0.0.2', { director: true, activeConnections: 22 }),
      memberOf('10.0.0.3', { activeConnections: 23 }),
    ]
    await describeAs('discovery', { members })
    expect((await status()).nodes.map(({ activeConnections }) => activeConnections)).toEqual([21, 22, 23])
  })

  test('in kernel mode the connections are those that the nodes report', async () => {
    await gateway.stop()
    await gateway.start({ forwarding: 'kernel' })
    expect((await status()).nodes.map(({ activeConnections }) => activeConnections)).toEqual([3, 3, 3])
  })

  test('an actor that does not answer costs a second and a warning; the status shows what it said last', async () => {
    await status()
    let asked = (): void => undefined
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    gateway.controls.elector = {
      describe: () => {
        asked()
        return new Promise(() => undefined)
      },
    }
    const answer = status()
    await wasAsked
    // By the time this is answered the other actors have answered too.
    await ask(gateway.socketPath, '/nowhere')
    gateway.clock.advance(1000)
    expect(await answer).toMatchObject({
      role: 'director',
      vrrp: { state: 'MASTER' },
      warnings: [
        'elector did not answer within 1000 ms: its part of the status is old or missing',
        'beacons are not authenticated',
      ],
    })
  })

  test('actors that are down or throw from the start leave what the configuration says, each named', async () => {
    gateway.controls = {
      elector: { describe: () => Promise.reject(new Error('was stung')) },
      'stats-reporter': gateway.controls['stats-reporter']!,
    }
    const said = await status()
    expect(said).toMatchObject({
      role: 'initializing',
      vrrp: { state: 'INIT', version: 2, virtualRouterId: 51, priority: 99, advertIntervalMs: 1000, masterIp: null },
      virtualIps: [{ address: '10.0.0.5', held: false }],
      monitor: { state: 'failure', ports: [{ port: 3128, listening: false, problem: 'was not checked yet' }] },
      nodes: [{ name: 'jupiter', address: '10.0.0.1', mac: null, self: true, state: 'failure', cpu: 0.25 }],
    })
    expect(said.warnings).toEqual([
      'elector was stung: its part of the status is old or missing',
      'announcer does not run: its part of the status is old or missing',
      'discovery does not run: its part of the status is old or missing',
      'dispatcher does not run: its part of the status is old or missing',
      'port-monitor does not run: its part of the status is old or missing',
      'raw-ip does not run: its part of the status is old or missing',
      'forwarder does not run: its part of the status is old or missing',
      'watcher does not run: its part of the status is old or missing',
    ])
  })

  test('askers at the same time share one round of questions', async () => {
    let questions = 0
    let release = (): void => undefined
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const { describe } = gateway.controls.elector!
    let asked = (): void => undefined
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    gateway.controls.elector = {
      describe: async () => {
        questions += 1
        asked()
        await released
        return describe!()
      },
    }
    const first = status()
    await wasAsked
    const health = ask(gateway.socketPath, '/healthz')
    const second = status()
    // A request that needs no slices is answered after those before it have arrived.
    await Promise.all([ask(gateway.socketPath, '/nowhere'), ask(gateway.socketPath, '/nowhere')])
    release()
    await Promise.all([first, second, health])
    expect(questions).toBe(1)
  })
})

describe('of two instances', () => {
  const backup = { role: 'scanning', state: 'BACKUP', masterIp: '10.0.0.2', masterPriority: 150 } as const
  beforeEach(() => gateway.stop())

  test('vrrp is the first, instances are both, virtualIps are those of both', async () => {
    await gateway.startWithWeb(backup, { virtualIps: [{ address: '10.0.0.6', held: false }] })
    const said = await status()
    expect(said).toMatchObject({
      role: 'director',
      vrrp: { virtualRouterId: 51, state: 'MASTER' },
      instances: [
        { name: 'VI_51', family: 'ipv4', virtualRouterId: 51, role: 'director', state: 'MASTER' },
        {
          ...{ name: 'web', virtualRouterId: 52, priority: 99, ...backup, transitions: 1 },
          virtualIps: [{ address: '10.0.0.6', held: false }],
        },
      ],
      virtualIps: [
        { address: '10.0.0.5', held: true },
        { address: '10.0.0.6', held: false },
      ],
    })
    expect(said.nodes).toHaveLength(3)
  })

  test('the node is director where it leads the second only', async () => {
    await gateway.startWithWeb()
    await describeAs('elector', backup)
    expect(await status()).toMatchObject({ role: 'director', vrrp: { state: 'BACKUP' } })
    await describeAs('elector-web', backup)
    expect((await status()).role).toBe('scanning')
  })

  test('what one of them warns of is told with its name, and who is silent by the name of the actor', async () => {
    const same = warning('same-priority', '10.0.0.2', 'the same priority')
    const refused = warning('vip-refused', '10.0.0.6', 'cannot hold 10.0.0.6')
    await gateway.startWithWeb({ warnings: [same] }, { warnings: [refused] })
    expect((await status()).warnings).toEqual([
      'web: the same priority',
      'web: cannot hold 10.0.0.6',
      'beacons are not authenticated',
    ])
    delete gateway.controls['elector-web']
    expect((await status()).warnings).toContain('elector-web does not run: its part of the status is old or missing')
    const health = await ask(gateway.port, '/healthz')
    expect([health.status, JSON.parse(health.body).reason]).toEqual([503, 'elector-web does not run'])
  })

  test('the metrics of the election are by instance', async () => {
    await gateway.startWithWeb({ ...backup, priority: 90, counters: { advertsSent: 3 } })
    const { body } = await ask(gateway.port, '/metrics')
    for (const line of [
      'proxyha_vrrp_director{instance="VI_51"} 1',
      'proxyha_vrrp_director{instance="web"} 0',
      'proxyha_vrrp_priority{instance="web"} 90',
      'proxyha_vrrp_events_total{instance="VI_51",event="adverts_sent"} 12',
      'proxyha_vrrp_events_total{instance="web",event="adverts_sent"} 3',
      'proxyha_gratuitous_arps_total 10',
      'proxyha_virtual_ip_held{address="10.0.0.6"} 1',
    ]) {
      expect(body.split('\n')).toContain(line)
    }
  })

  test('announce is for what this node holds of all of them', async () => {
    await gateway.startWithWeb()
    gateway.controls.announcer = { announce: async () => [] }
    gateway.controls['announcer-web'] = { announce: async () => ['10.0.0.6'] }
    const reply = await ask(gateway.socketPath, '/announce', { method: 'POST' })
    expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { addresses: ['10.0.0.6'] }])
    delete gateway.controls['announcer-web']
    expect((await ask(gateway.socketPath, '/announce', { method: 'POST' })).status).toBe(503)
  })

  describe('failover', () => {
    const orders: string[] = []
    const order = async (query = '') => {
      const reply = await ask(gateway.socketPath, `/failover${query}`, { method: 'POST' })
      return [reply.status, JSON.parse(reply.body)]
    }
    beforeEach(async () => {
      orders.length = 0
      await gateway.startWithWeb()
      for (const elector of ['elector', 'elector-web']) {
        const stepDown = async () => orders.push(elector) > 0
        gateway.controls[elector] = { ...gateway.controls[elector], stepDown }
      }
    })

    test('is of all that this node leads, or of the one that is named', async () => {
      expect(await order()).toEqual([200, { ok: true, instances: ['VI_51', 'web'] }])
      expect(orders).toEqual(['elector', 'elector-web'])
      expect(await order('?instance=web')).toEqual([200, { ok: true, instances: ['web'] }])
      expect(orders).toEqual(['elector', 'elector-web', 'elector-web'])
    })

    test('leaves alone what another node leads', async () => {
      await describeAs('elector', backup)
      expect(await order()).toEqual([200, { ok: true, instances: ['web'] }])
      const error = 'this node is not the director of VI_51: node-2 (10.0.0.2) is; order it there'
      expect(await order('?instance=VI_51')).toEqual([409, { error, code: 'refused' }])
      expect(orders).toEqual(['elector-web'])
    })

    test('names those that there are where there is none of that name', async () => {
      const error = 'there is no instance mail here; known: VI_51, web'
      expect(await order('?instance=mail')).toEqual([409, { error, code: 'refused' }])
      expect(orders).toEqual([])
    })

    test('names every director where this node is none', async () => {
      await describeAs('elector', backup)
      await describeAs('elector-web', { ...backup, masterIp: '10.0.0.10' })
      const directors = ['10.0.0.2', '10.0.0.10'].map((address) => memberOf(address, { director: true }))
      await describeAs('discovery', { members: [memberOf('10.0.0.1', { self: true }), ...directors] })
      const error = 'this node is not the director: node-2 (10.0.0.2), node-10 (10.0.0.10) are; order it there'
      expect(await order()).toEqual([409, { error, code: 'refused' }])
    })
  })
})

describe('GET /diagnostics', () => {
  const diagnostics = () => askJson(gateway.socketPath, '/diagnostics')

  test('says whose process it is, what it was set up for, and what was counted on the way', async () => {
    expect(await diagnostics()).toEqual({
      pid: process.pid,
      interfaceName: 'eth0',
      managementIp: '10.0.0.1',
      redirects: [{ originalPorts: [8080], proxyPort: 3128 }],
      portRanges: [],
      holders: null,
      counters: {
        'discovery.helloSent': 7,
        'forwarder.accepted': 900,
        'raw-ip.253.received': 1,
        'raw-ip.253.dropped': 0,
        'raw-ip.253.overflowed': 0,
        'raw-ip.253.sent': 2,
        'raw-ip.253.sendFailed': 0,
      },
    })
  })

  test('has the packets of kernel mode, over all nodes', async () => {
    await gateway.stop()
    const nodes = [3, 4].map((packets) => ({ address: '10.0.0.1', packets, bytes: 0 }))
    gateway.controls['fast-path'] = { describe: async () => ({ ...KERNEL_MODE, nodes }) }
    await gateway.start({ forwarding: 'kernel' })
    expect(await diagnostics()).toMatchObject({ counters: { 'fast-path.packets': 7 } })
  })
})

describe('GET /history', () => {
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0))
  const second = async (connections: number, afterMs = 1000) => {
    gateway.controls.discovery = {
      ...gateway.controls.discovery,
      figures: async () => [figuresOf('10.0.0.1', connections)],
    }
    gateway.clock.advance(afterMs)
    await settled()
  }

  test('has what discovery tells once a second, whoever looks; the status has the rates', async () => {
    for (const connections of [10, 20, 30]) await second(connections)
    const history = (await askJson(gateway.socketPath, '/history')) as TrafficHistory
    expect(history).toMatchObject({ stepMs: 1000, points: 3 })
    expect(history.nodes).toMatchObject([
      { address: '10.0.0.1', connectionsPerS: [null, 10, 10], slots: [2048, 2048, 2048] },
    ])
    const [own] = (await status()).nodes
    expect(own).toMatchObject({
      connectionsPerS: { s1: 10, s10: 10, s60: 10 },
      bytesInPerS: 1000,
      bytesOutPerS: 10_000,
    })
    const after = new Date(Date.parse(history.from) + 1000).toISOString()
    expect(await askJson(gateway.port, `/history?after=${after}`)).toMatchObject({ points: 1 })
    expect((await ask(gateway.port, '/history?after=yesterday')).status).toBe(400)
  })

  test('has a gap while discovery does not answer, and goes on after that', async () => {
    await second(10)
    gateway.controls.discovery = { ...gateway.controls.discovery, figures: () => new Promise(() => undefined) }
    gateway.clock.advance(1000)
    await settled()
    gateway.clock.advance(800)
    await settled()
    await second(30, 200)
    const { nodes } = (await askJson(gateway.socketPath, '/history')) as TrafficHistory
    expect(nodes[0]?.activeConnections).toEqual([3, null, 3])
  })
})

describe('GET /healthz', () => {
  test('is 200 when the role is known and all ports listen', async () => {
    const reply = await ask(gateway.port, '/healthz')
    expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { ok: true, role: 'director' }])
  })

  test.each([
    ['elector', { role: 'initializing' }, 'the role is not known yet'],
    [
      'port-monitor',
      { state: 'failure', ports: [{ port: 3128, listening: false, problem: 'is not listening' }] },
      'port 3128 is not listening',
    ],
    ['discovery', { strangers: ['10.0.0.9 leads VRID 51'] }, '10.0.0.9 leads VRID 51'],
    [
      'raw-ip',
      { open: false, warnings: [{ text: 'raw sockets are closed: no interface' }] },
      'raw sockets are closed: no interface',
    ],
  ])('is 503 with the reason when %s says otherwise', async (actor, change, reason) => {
    await describeAs(actor, change)
    const reply = await ask(gateway.port, '/healthz')
    expect([reply.status, JSON.parse(reply.body)]).toEqual([503, expect.objectContaining({ ok: false, reason })])
  })

  test.each([['elector'], ['port-monitor'], ['raw-ip']])(
    'is 503 when %s is down, whatever it said before',
    async (actor) => {
      await ask(gateway.port, '/healthz')
      delete gateway.controls[actor]
      const reply = await ask(gateway.port, '/healthz')
      expect([reply.status, JSON.parse(reply.body).reason]).toEqual([503, `${actor} does not run`])
    },
  )
})

describe('GET /which and /clients', () => {
  test('say where clients go', async () => {
    expect(await askJson(gateway.port, '/which?client=10.1.0.9')).toEqual(routeOf('10.1.0.9'))
    expect(await askJson(gateway.port, '/clients')).toHaveLength(3)
    expect(await askJson(gateway.port, '/clients?limit=2')).toEqual([routeOf('10.1.0.1'), routeOf('10.1.0.2')])
  })

  test.each([
    ['/which', 'client must be an IP address'],
    ['/which?client=fred', 'client must be an IP address'],
    ['/which?client=10.0.0.256', 'client must be an IP address'],
    ['/which?client=::1%25eth0', 'client must be an IP address, without a zone'],
    ['/which?client=fe80::1%251', 'client must be an IP address, without a zone'],
    ['/clients?limit=0', 'limit must be 1..65536'],
    ['/clients?limit=-1', 'limit must be 1..65536'],
    ['/clients?limit=65537', 'limit must be 1..65536'],
    ['/clients?limit=1e3', 'limit must be 1..65536'],
  ])('%s is 400 and says why', async (path, why) => {
    const reply = await ask(gateway.port, path)
    expect([reply.status, JSON.parse(reply.body).error]).toEqual([400, expect.stringContaining(why)])
  })

  test('are 503 while the dispatcher is down', async () => {
    delete gateway.controls.dispatcher
    const reply = await ask(gateway.port, '/which?client=10.1.0.9')
    expect([reply.status, JSON.parse(reply.body).error]).toEqual([503, 'dispatcher does not run'])
  })
})

test('GET /actors is what the supervisor says', async () => {
  expect(await askJson(gateway.port, '/actors')).toEqual([
    actorOf('elector'),
    actorOf('discovery', { state: 'backoff', restarts: 2 }),
  ])
})

describe('what is not there', () => {
  test('an unknown path is 404 and lists the known ones', async () => {
    const reply = await ask(gateway.port, '/etc/passwd')
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json'])
    expect(JSON.parse(reply.body).paths).toContain('/status')
  })

  test('a URL that cannot be parsed is 404, not a crash', async () => {
    expect((await ask(gateway.port, '//')).status).toBe(404)
    expect((await ask(gateway.port, 'http://[')).status).toBe(404)
  })

  test.each([['POST'], ['PUT'], ['DELETE'], ['OPTIONS']])('%s on a known path is 405', async (method) => {
    const reply = await ask(gateway.port, '/status', { method })
    expect([reply.status, reply.headers.allow]).toEqual([405, 'GET, HEAD'])
  })

  test("orders are POST, and over TCP not for whoever shows no operator's token", async () => {
    for (const path of ['/failover', '/announce', '/reload']) {
      const reply = await ask(gateway.socketPath, path)
      expect([reply.status, reply.headers.allow]).toEqual([405, 'POST'])
      expect((await ask(gateway.port, path, { method: 'POST' })).status).toBe(403)
    }
  })

  test('HEAD has the headers of GET and no body', async () => {
    const reply = await ask(gateway.port, '/status', { method: 'HEAD' })
    expect([reply.status, reply.headers['content-type'], reply.body]).toEqual([200, 'application/json', ''])
  })

  test('the test hooks are on the control socket only, and refused by the supervisor as a rule', async () => {
    expect((await ask(gateway.port, '/test/crash?actor=elector')).status).toBe(404)
    expect((await ask(gateway.socketPath, '/test/crash?actor=elector')).status).toBe(200)
    expect((await ask(gateway.socketPath, '/test/crash?actor=nobody')).status).toBe(403)
    expect((await ask(gateway.socketPath, '/test/stall?actor=elector&ms=10')).status).toBe(403)
    expect((await ask(gateway.socketPath, '/test/stall?actor=elector&ms=x')).status).toBe(400)
  })
})

describe('GET /metrics', () => {
  /** `name{labels}` to value. */
  const scrape = async () => {
    const { body, headers } = await ask(gateway.port, '/metrics')
    const samples = new Map<string, number>()
    for (const line of body.split('\n')) {
      const match = /^([^#\s].*) (\S+)$/.exec(line)
      if (match) samples.set(match[1]!, Number(match[2]))
    }
    return { body, headers, samples }
  }

  test('is in the format of Prometheus, every metric with help and type', async () => {
    const { body, headers, samples } = await scrape()
    expect(headers['content-type']).toContain('text/plain; version=0.0.4')
    const names = new Set([...samples.keys()].map((key) => key.replace(/\{.*/, '')))
    expect(names.size).toBeGreaterThan(25)
    for (const name of names) {
      expect(name).toMatch(/^(proxyha|process|nodejs)_[a-z_0-9]+$/)
      const [, type] = new RegExp(`^# TYPE ${name.replace(/_(bucket|sum|count)$/, '')} (.*)$`, 'm').exec(body) ?? []
      const expected = name.endsWith('_total') ? 'counter' : /_(bucket|sum|count)$/.test(name) ? 'histogram' : 'gauge'
      expect([name, type]).toEqual([name, expected])
    }
  })

  test('of kernel mode says how many clients are remembered, where the kernel does, and what found no room', async () => {
    await gateway.stop()
    gateway.controls['fast-path'] = { describe: async () => KERNEL_MODE }
    await gateway.start({ forwarding: 'kernel' })
    const { samples } = await scrape()
    expect(samples.get('proxyha_kernel_pins{family="IPv4"}')).toBe(65_536)
    expect(samples.has('proxyha_kernel_pins{family="IPv6"}')).toBe(false)
    expect(samples.get('proxyha_kernel_unpinned_packets_total')).toBe(7)
    expect(samples.get('proxyha_kernel_transactions_total{event="applied"}')).toBe(1)
  })

  test('says what the status says', async () => {
    const { samples } = await scrape()
    expect(Object.fromEntries(samples)).toMatchObject({
      [`proxyha_info{node="jupiter",forwarding="workers",version="${version}",vrrp_version="2"}`]: 1,
      'proxyha_role{role="director"}': 1,
      'proxyha_role{role="scanning"}': 0,
      'proxyha_virtual_ip_held{address="10.0.0.5"}': 1,
      'proxyha_nodes{state="ok"}': 2,
      'proxyha_nodes{state="failure"}': 1,
      'proxyha_node_active_connections{address="10.0.0.2",name="node-2"}': 12,
      'proxyha_node_connections_total{address="10.0.0.1",name="node-1"}': 500,
      'proxyha_vrrp_events_total{instance="VI_51",event="adverts_sent"}': 12,
      'proxyha_beacon_events_total{event="hello_sent"}': 7,
      'proxyha_packets_total{protocol="112",outcome="sent"}': 2,
      'proxyha_actor_restarts_total{actor="discovery"}': 2,
      'proxyha_actor_up{actor="discovery"}': 0,
      'proxyha_forwarder_events_total{event="accepted"}': 900,
      proxyha_memory_pressure: 0.02,
      'proxyha_proxy_port_listening{port="3128"}': 1,
    })
  })

  test('says the version of the product, whatever that of VRRP is', async () => {
    await describeAs('elector', { version: 3 })
    const { samples } = await scrape()
    expect(version).toMatch(/^\d+\.\d+\.\d+/)
    const info = `proxyha_info{node="jupiter",forwarding="workers",version="${version}",vrrp_version="3"}`
    expect(samples.get(info)).toBe(1)
  })

  test('has the state of each virtual router, since when, and what is tracked', async () => {
    const tracking = [{ source: 'portMonitor', state: 'failed', reason: 'no squid', effect: 'fault' }]
    await describeAs('elector', { state: 'FAULT', stateForMs: 5000, tracking })
    const { samples } = await scrape()
    expect(Object.fromEntries(samples)).toMatchObject({
      'proxyha_vrrp_state{instance="VI_51",state="fault"}': 1,
      'proxyha_vrrp_state{instance="VI_51",state="master"}': 0,
      'proxyha_vrrp_tracking{instance="VI_51",source="port_monitor"}': 0,
      'proxyha_vrrp_last_transition_timestamp_seconds{instance="VI_51"}': Date.UTC(2026, 0, 1) / 1000 - 5,
    })
  })

  test('has durations in seconds, by buckets that add up', async () => {
    const handling = observed(observed(observed(emptyHistogram, 0.3), 3), 70_000)
    gateway.controls.supervisor = { actors: async () => [actorOf('elector', { handling })] }
    const { samples } = await scrape()
    const of = (rest: string) => samples.get(`proxyha_actor_handling_seconds${rest}`)
    expect(['0.00025', '0.0005', '0.005', '5', '+Inf'].map((le) => of(`_bucket{actor="elector",le="${le}"}`))).toEqual([
      0, 1, 2, 2, 3,
    ])
    expect(of('_count{actor="elector"}')).toBe(3)
    expect(of('_sum{actor="elector"}')).toBeCloseTo(70.0033, 6)
  })

  test('has what a round has gathered lately, and waits for no actor that is slow', async () => {
    gateway.clock.advance(1000)
    // The round is under way: the status waits for the same.
    await ask(gateway.port, '/status')
    await describeAs('announcer', { gratuitousArpsSent: 9 })
    expect((await scrape()).samples.get('proxyha_gratuitous_arps_total')).toBe(5)
    gateway.controls.announcer = { describe: () => new Promise(() => undefined) }
    expect((await scrape()).samples.get('proxyha_gratuitous_arps_total')).toBe(5)
  })

  test('is OpenMetrics for who asks for it, and the next one gets the format of Prometheus all the same', async () => {
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5'
    const open = await ask(gateway.port, '/metrics', { headers: { accept } })
    expect(open.headers['content-type']).toContain('application/openmetrics-text')
    expect(open.body.endsWith('# EOF\n')).toBe(true)
    expect(open.body).toContain('# TYPE proxyha_gratuitous_arps counter\nproxyha_gratuitous_arps_total 5\n')
    expect(open.body).toMatch(/^# TYPE process_cpu_seconds counter\nprocess_cpu_seconds_total /m)
    const { body } = await scrape()
    expect(body).toContain('# TYPE proxyha_gratuitous_arps_total counter\nproxyha_gratuitous_arps_total 5\n')
    expect(body).toMatch(/^# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total /m)
  })

  test.each([
    ['gzip', true],
    ['deflate, gzip;q=1.0, *;q=0.5', true],
    ['gzip;q=0', false],
    ['gzip;q=0.0, identity', false],
    ['br', false],
    [undefined, false],
  ])('for an Accept-Encoding of %s is compressed: %s', async (encoding, compressed) => {
    const headers = encoding === undefined ? {} : { 'accept-encoding': encoding }
    const reply = await ask(gateway.port, '/metrics', { headers })
    expect(reply.headers['content-encoding']).toBe(compressed ? 'gzip' : undefined)
    expect(reply.body.startsWith('# HELP')).toBe(!compressed)
  })

  test('is scraped again with the figures of then, not the sum', async () => {
    await scrape()
    expect((await scrape()).samples.get('proxyha_gratuitous_arps_total')).toBe(5)
  })

  test('is there while every actor is down', async () => {
    gateway.controls = {}
    const { samples } = await scrape()
    expect(samples.get('proxyha_role{role="initializing"}')).toBe(1)
  })
})

describe('reload', () => {
  const orders: boolean[] = []
  const report = { outcome: 'applied', changes: [], problems: [] }
  const supervise = (...reports: readonly unknown[]) => {
    orders.length = 0
    const left = [...reports]
    gateway.controls.supervisor = {
      reload: async (checkOnly: boolean) => orders.push(checkOnly),
      reloadReport: async (order: number) => (order === 1 ? left.shift() : 'of another order'),
    }
  }
  const reload = async (query = '') => {
    const reply = await ask(gateway.socketPath, `/reload${query}`, { method: 'POST' })
    return { status: reply.status, body: JSON.parse(reply.body) }
  }

  test.each([
    ['', false],
    ['?check=1', true],
  ])('POST /reload%s is ordered, and answered by the report', async (query, checkOnly) => {
    supervise(report)
    expect(await reload(query)).toEqual({ status: 200, body: report })
    expect(orders).toEqual([checkOnly])
  })

  test('the answer waits for the report', async () => {
    supervise(null, report)
    const answer = reload()
    await vi.waitFor(async () => {
      gateway.clock.advance(20)
      expect(await Promise.race([answer, Promise.resolve(undefined)])).toMatchObject({ body: report })
    })
  })

  test('what was refused is a conflict', async () => {
    const refused = { outcome: 'refused', changes: [], problems: ['a: is wrong'] }
    supervise(refused)
    expect(await reload()).toEqual({ status: 409, body: refused })
  })
})
