import { describe, expect, test } from 'vitest'
import type { GatewayConfig } from '../../../config/gateway-config.ts'
import type { Checked } from '../../../config/problems.ts'
import { Reloader } from '../../../runtime/gateway/reloader.ts'
import { gatewayConfig } from '../../config/gateway-config.ts'

const RUNNING = gatewayConfig('virtualIps: [10.0.0.5]\ndirectorPriority: 99')
const HIGHER = gatewayConfig('virtualIps: [10.0.0.5]\ndirectorPriority: 120')
const MOVED = gatewayConfig('virtualIps: [10.0.0.5]\ndirectorPriority: 120\ncontrol: {socket: /run/other.sock}')
const CHANGE = { path: 'directorPriority', before: '99', after: '120' }

/** A gateway of two actors: one goes by the priority, the other by nothing that is changed here. */
function gateway(file: Checked<GatewayConfig>, late: readonly string[] = []) {
  const told: (readonly [string, unknown])[][] = []
  const lines: string[] = []
  const happened: string[] = []
  const refused: unknown[] = []
  const world = { file, loads: [] as GatewayConfig[] }
  const reloader = new Reloader(RUNNING, {
    load: async (running) => {
      world.loads.push(running)
      return world.file
    },
    refusal: (_, { health }) => (health.perPort ? 'health.perPort: is for workers mode: restart it' : null),
    optionsOf: ({ instances: [{ directorPriority }, ...others], managementIp, redirects }) =>
      new Map<string, unknown>([
        ['elector', { priority: directorPriority }],
        ['discovery', { managementIp, redirects: redirects.length }],
        ...others.map(({ name }) => [`elector-${name}`, {}] as const),
      ]),
    configure: async (options) => {
      told.push([...options])
      return late.filter((actor) => options.has(actor))
    },
    configuredLast: () => new Set(['elector']),
    dismiss: async (actors) => void told.push(actors.map((actor) => [actor, 'dismissed'])),
    relink: ({ instances }) => void told.push([['all', instances.length]]),
    join: async (actors) => {
      told.push(actors.map((actor) => [actor, 'joined']))
      return []
    },
    followOnHost: async (before, after) => {
      if (before.redirects.length !== after.redirects.length) told.push([['the host', after.redirects.length]])
      return []
    },
    refused: (running, problems) => refused.push([running, ...problems]),
    log: (level, line) => lines.push(`${level} ${line}`),
    happened: ({ level, what }) => happened.push(`${level}: ${what}`),
  })
  /** The report of an order, which takes a few turns. */
  const reload = async (checkOnly = false) => {
    const order = reloader.order(checkOnly)
    expect(reloader.report(order)).toBeNull()
    await new Promise(setImmediate)
    return reloader.report(order)
  }
  return { reloader, reload, world, told, lines, happened, refused }
}

test('what changed is applied by the actors that it concerns, told and logged', async () => {
  const { reload, told, lines } = gateway({ ok: true, value: HIGHER })
  expect(await reload()).toEqual({ outcome: 'applied', changes: [CHANGE], problems: [] })
  expect(told).toEqual([[['elector', { priority: 120 }]]])
  expect(lines).toEqual(['info reload: directorPriority: 99 -> 120'])
})

test('first those that serve, then what of the host goes by it, then those that call clients', async () => {
  const { reload, told } = gateway({
    ok: true,
    value: gatewayConfig(`virtualIps: [10.0.0.5]
directorPriority: 120
redirects: [{originalPorts: [8443, 8080], proxyPort: 3128}, {originalPorts: [9090], proxyPort: 3129}]`),
  })
  expect(await reload()).toMatchObject({ outcome: 'applied' })
  const discovery = { managementIp: RUNNING.managementIp, redirects: 2 }
  expect(told).toEqual([[['discovery', discovery]], [['the host', 2]], [['elector', { priority: 120 }]]])
})

test('actors that come are linked first, and join when all else is as it is to be; those that go are gone before all else', async () => {
  const instances = (priority: number, ...more: readonly string[]) =>
    gatewayConfig(
      [
        'instances:',
        `  - {virtualRouterId: 51, directorPriority: ${priority}, virtualIps: [10.0.0.5]}`,
        ...more.map(
          (name, index) => `  - {name: ${name}, virtualRouterId: ${60 + index}, virtualIps: [10.0.0.${60 + index}]}`,
        ),
      ].join('\n'),
    )
  const { reload, world, told } = gateway({ ok: true, value: instances(120, 'web') })
  expect(await reload()).toMatchObject({ outcome: 'applied', problems: [] })
  expect(told).toEqual([[['all', 2]], [['elector-web', 'joined']], [['elector', { priority: 120 }]]])
  told.length = 0
  world.file = { ok: true, value: instances(100) }
  expect(await reload()).toMatchObject({ outcome: 'applied' })
  expect(told).toEqual([[['elector-web', 'dismissed']], [['all', 1]], [['elector', { priority: 100 }]]])
})

test('a file that is refused is told of, unless it was only to be checked', async () => {
  const { reload, refused } = gateway({ ok: false, problems: ['directorPriority: is wrong'] })
  await reload(true)
  expect(refused).toEqual([])
  await reload()
  expect(refused).toEqual([[RUNNING, 'directorPriority: is wrong']])
})

test('the next one is compared with what was applied last', async () => {
  const { reload, world } = gateway({ ok: true, value: HIGHER })
  await reload()
  expect(await reload()).toEqual({ outcome: 'unchanged', changes: [], problems: [] })
  expect(world.loads).toEqual([RUNNING, HIGHER])
})

test('nothing has changed: no actor hears of it, and the log says so', async () => {
  const { reload, told, lines } = gateway({ ok: true, value: RUNNING })
  expect(await reload()).toEqual({ outcome: 'unchanged', changes: [], problems: [] })
  expect(told).toEqual([])
  expect(lines).toEqual(['info reload: nothing has changed'])
})

test('an actor that does not confirm is named; it is applied all the same', async () => {
  const { reload } = gateway({ ok: true, value: HIGHER }, ['elector'])
  expect(await reload()).toEqual({
    outcome: 'applied',
    changes: [CHANGE],
    problems: ['elector has not confirmed it yet'],
  })
})

describe('whole or not at all', () => {
  test('a file with mistakes: all of them, and nothing changes', async () => {
    const { reload, told, lines } = gateway({ ok: false, problems: ['a: is wrong', 'b: is wrong'] })
    expect(await reload()).toEqual({ outcome: 'refused', changes: [], problems: ['a: is wrong', 'b: is wrong'] })
    expect(told).toEqual([])
    expect(lines).toEqual([
      'warn reload: a: is wrong',
      'warn reload: b: is wrong',
      'warn reload: refused, nothing was changed',
    ])
  })

  test('one setting that needs a start: it is named with what to do, the others are not applied', async () => {
    const { reload, world, told } = gateway({ ok: true, value: MOVED })
    const report = await reload()
    expect(report?.outcome).toBe('refused')
    expect(report?.problems).toEqual([
      expect.stringMatching(/^control\.socket: \/run\/proxyha\.sock -> \/run\/other\.sock: .*; restart it$/),
    ])
    expect(told).toEqual([])
    await reload()
    expect(world.loads).toEqual([RUNNING, RUNNING])
  })
})

test('what could be applied, but would not be heeded as the gateway has been started, is refused with the rest', async () => {
  const unheeded = gatewayConfig('virtualIps: [10.0.0.5]\ndirectorPriority: 120\nhealth: {perPort: true}')
  const { reload, told } = gateway({ ok: true, value: unheeded })
  const refusal = { outcome: 'refused', problems: ['health.perPort: is for workers mode: restart it'] }
  expect(await reload(true)).toMatchObject(refusal)
  expect(await reload()).toMatchObject(refusal)
  expect(told).toEqual([])
})

describe('only to be checked', () => {
  test.each([
    ['what would be applied', HIGHER, { outcome: 'possible', changes: [CHANGE], problems: [] }],
    ['that nothing would', RUNNING, { outcome: 'unchanged', changes: [], problems: [] }],
    ['why it would be refused', MOVED, { outcome: 'refused' }],
  ])('says %s; nothing is done or logged', async (_title, value, report) => {
    const { reload, told, lines } = gateway({ ok: true, value })
    expect(await reload(true)).toMatchObject(report)
    expect([told, lines]).toEqual([[], []])
  })
})

test('orders are carried out one after the other, a few may wait, and the others are refused', async () => {
  const { reloader, told } = gateway({ ok: true, value: HIGHER })
  const orders = Array.from({ length: 10 }, () => reloader.order(false))
  expect(orders.map((order) => reloader.report(order)?.outcome)).toEqual([
    ...Array.from({ length: 8 }),
    'refused',
    'refused',
  ])
  await new Promise(setImmediate)
  expect(orders.slice(0, 8).map((order) => reloader.report(order)?.outcome)).toEqual([
    'applied',
    ...Array.from({ length: 7 }, () => 'unchanged'),
  ])
  expect(told).toHaveLength(1)
})

test('reports of long ago are forgotten', async () => {
  const { reloader, reload } = gateway({ ok: true, value: HIGHER })
  await reload()
  for (let times = 0; times < 16; times++) await reload()
  expect([reloader.report(1), reloader.report(2)?.outcome]).toEqual([null, 'unchanged'])
})

test('other addresses of the host are gone by at once, without a look at the file, and logged; the same ones are nothing', async () => {
  const { reloader, world, told, lines } = gateway({ ok: true, value: HIGHER })
  const { managementIp, managementPrefixLength, linkLocalAddress } = RUNNING
  reloader.relocate({ managementIp, managementPrefixLength, linkLocalAddress })
  reloader.relocate({ managementIp: '10.0.0.21', managementPrefixLength, linkLocalAddress })
  await new Promise(setImmediate)
  expect(world.loads).toEqual([])
  expect(told).toHaveLength(1)
  expect(lines).toEqual([`warn managementIp: ${managementIp} -> 10.0.0.21: the interface has the former no more`])
})

test('the timeline tells what became of it, and nothing of a check', async () => {
  const { reload, happened, world } = gateway({ ok: true, value: HIGHER }, ['elector'])
  await reload(true)
  await reload()
  await reload()
  world.file = { ok: false, problems: ['a mistake', 'another'] }
  await reload()
  expect(happened).toEqual([
    'warning: goes by another configuration: directorPriority; elector has not confirmed it yet',
    'info: read its configuration: nothing has changed',
    'warning: refused its new configuration: a mistake',
  ])
})

test('its begin and its end are told, whatever comes of it, and nothing of a check', async () => {
  const told: string[] = []
  const said = (what: string) => () => void told.push(what)
  const { world } = gateway({ ok: false, problems: ['a mistake'] })
  const reloader = new Reloader(RUNNING, {
    load: async () => {
      told.push('load')
      return world.file
    },
    refusal: () => null,
    optionsOf: () => new Map(),
    configure: async () => [],
    configuredLast: () => new Set(),
    followOnHost: async () => [],
    dismiss: async () => undefined,
    relink: () => undefined,
    join: async () => [],
    refused: () => undefined,
    log: () => undefined,
    happened: () => undefined,
    began: said('began'),
    ended: said('ended'),
  })
  reloader.order(true)
  reloader.order(false)
  reloader.order(false)
  await new Promise(setImmediate)
  expect(told).toEqual(['load', 'began', 'load', 'ended', 'began', 'load', 'ended'])
})

describe('a mistake of ours costs the reload, not the gateway', () => {
  const parts = {
    load: async (): Promise<Checked<GatewayConfig>> => ({ ok: true, value: HIGHER }),
    refusal: () => null,
    optionsOf: ({ virtualIps, instances }: GatewayConfig): ReadonlyMap<string, unknown> =>
      new Map([['elector', [virtualIps, instances]]]),
    configure: async (): Promise<readonly string[]> => [],
    configuredLast: () => new Set<string>(),
    dismiss: async () => undefined,
    relink: () => undefined,
    join: async (): Promise<readonly string[]> => [],
    followOnHost: async (): Promise<readonly string[]> => [],
    refused: () => undefined,
    log: () => undefined,
    happened: () => undefined,
  }
  const fail = (): never => {
    throw new Error('a mistake')
  }
  const report = async (changed: Partial<typeof parts>, checkOnly = false) => {
    const reloader = new Reloader(RUNNING, { ...parts, ...changed })
    const [first, second] = [reloader.order(checkOnly), reloader.order(checkOnly)]
    await new Promise(setImmediate)
    return [reloader.report(first), reloader.report(second)]
  }
  const refusal = { outcome: 'refused', changes: [], problems: ['it cannot be carried out: a mistake'] }

  test.each([
    ['reading', { load: fail }],
    ['planning', { optionsOf: fail }],
  ])('%s: it is refused, and so is the next one', async (_what, changed) => {
    expect(await report(changed)).toEqual([refusal, refusal])
  })

  test('planning, when it is only tried: refused as well', async () => {
    expect(await report({ optionsOf: fail }, true)).toEqual([refusal, refusal])
  })

  test('planning for other addresses of the host: the next order is carried out', async () => {
    let isBroken = true
    const optionsOf = () => (isBroken ? fail() : new Map())
    const reloader = new Reloader(RUNNING, { ...parts, optionsOf })
    const { managementPrefixLength, linkLocalAddress } = RUNNING
    reloader.relocate({ managementIp: '10.0.0.21', managementPrefixLength, linkLocalAddress })
    await new Promise(setImmediate)
    isBroken = false
    const order = reloader.order(false)
    await new Promise(setImmediate)
    expect(reloader.report(order)?.outcome).toBe('applied')
  })

  test('telling the actors: what has come of it is told', async () => {
    const [first] = await report({ configure: fail })
    expect(first).toEqual({ outcome: 'applied', changes: [CHANGE], problems: refusal.problems })
  })
})
