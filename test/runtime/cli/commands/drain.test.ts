import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DrainWish, Member } from '../../../../actors/discovery/messages.ts'
import { InspectedGateway, memberOf } from '../../../actors/inspector/gateway-fixture.ts'
import { CapturedCli } from '../captured-cli.ts'

const NODE = '10.0.0.2'

let gateway: InspectedGateway
let cli: CapturedCli
let orders: (readonly [string, DrainWish])[]
/** What discovery says of the node, look by look; the last one stays. */
let looks: Partial<Member>[]
beforeEach(async () => {
  gateway = new InspectedGateway()
  cli = new CapturedCli()
  orders = []
  looks = [{}]
  gateway.controls.discovery = {
    describe: async () => {
      const change = orders.length === 0 ? {} : looks.length > 1 ? looks.shift() : looks[0]
      const members = [memberOf('10.0.0.1', { self: true, director: true }), memberOf(NODE, change)]
      return { members, counters: {}, warnings: [] }
    },
    drain: async (address: string, wish: DrainWish) => {
      orders.push([address, wish])
    },
  }
  gateway.controls.dispatcher = { describe: async () => ({ generation: 1, nodes: [], warnings: [] }) }
  await gateway.start()
})
afterEach(() => gateway.close())

const ask = (...args: readonly string[]) => cli.output(...args, '-s', gateway.socketPath)

/** Lets half a second pass at each look until the command ends. */
async function asked(...args: readonly string[]) {
  const running = ask(...args)
  let ended = false
  void running.finally(() => {
    ended = true
  })
  while (!ended) {
    await new Promise((resolve) => setImmediate(resolve))
    if (cli.clock.nextDueMs() !== undefined) cli.clock.advance(500)
  }
  return running
}

test.each([
  ['drain', '(default: 5m)'],
  ['maint', '(default: 30s)'],
])('%s --help tells its default as a duration', async (command, told) => {
  const { stdout } = await ask(command, '--help')
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain(told)
})

describe('drain', () => {
  test('tells what is left, and ends when the node says that it is drained', async () => {
    const draining = { health: 'draining' } as const
    looks = [{}, { ...draining, activeConnections: 2 }, { ...draining, activeConnections: 1 }]
    looks.push({ ...draining, activeConnections: 0 }, { ...draining, activeConnections: 0, drained: true })
    expect(await asked('drain', 'node-2')).toEqual({
      code: 0,
      stdout: [
        'node-2 (10.0.0.2): 2 connections left',
        'node-2 (10.0.0.2): 1 connection left',
        'node-2 (10.0.0.2): 0 connections left',
        'node-2 (10.0.0.2) is drained',
        '',
      ].join('\n'),
      stderr: '',
    })
    expect(orders).toEqual([[NODE, { draining: true, maintMs: null }]])
  })

  test('gives up waiting after the timeout: what is left, exit 1, and it goes on draining', async () => {
    looks = [{ health: 'draining', activeConnections: 7 }]
    expect(await asked('drain', NODE, '--timeout', '2s')).toMatchObject({
      code: 1,
      stderr: 'node-2 (10.0.0.2) is not drained: 7 connections left; it goes on draining\n',
    })
    cli = new CapturedCli()
    const { code, stdout } = await asked('drain', NODE, '--timeout', '2s', '--json')
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      {
        node: 'node-2',
        address: NODE,
        state: 'draining',
        drained: false,
        maint: false,
        lastResort: false,
        activeConnections: 7,
      },
    ])
    expect(orders.every(([, { draining }]) => draining)).toBe(true)
  })

  test('of a node that goes on serving, since no other can, is told at once, exit 1', async () => {
    looks = [{ health: 'draining', activeConnections: 7 }]
    const row = { address: NODE, weight: 256, slots: 4096, activeConnections: 7 }
    const judged = { overloaded: false, slowStart: null, weightReason: null, lastResort: true }
    gateway.controls.dispatcher = {
      describe: async () => ({ generation: 1, nodes: [{ ...row, ...judged }], warnings: [] }),
    }
    expect(await asked('drain', NODE)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'node-2 (10.0.0.2) goes on serving: no other node takes new connections; it drains as soon as one does\n',
    })
    expect(cli.clock.nowMs()).toBe(0)
    cli = new CapturedCli()
    expect(await asked('maint', NODE)).toMatchObject({ code: 1, stdout: '' })
  })

  test('an interruption ends the waiting, and says how to end the draining', async () => {
    looks = [{ health: 'draining', activeConnections: 7 }]
    const running = ask('drain', 'node-2')
    await expect.poll(() => cli.clock.nextDueMs()).toBe(500)
    cli.interruption.abort()
    expect(await running).toMatchObject({
      code: 1,
      stderr: 'node-2 (10.0.0.2) goes on draining, until "proxyha undrain node-2"\n',
    })
  })

  test.each([
    ['is not heard of', 'stale', 'node-2 (10.0.0.2) is not heard of: order it there\n'],
    ['has failed', 'failure', 'node-2 (10.0.0.2) is failure: it gets no clients as it is, and drains when it is ok\n'],
  ] as const)('a node that %s', async (_, health, stderr) => {
    looks = [{ health }]
    expect(await asked('drain', NODE)).toEqual({ code: 1, stdout: '', stderr })
  })

  test('a node that does not take the order within a minute', async () => {
    expect(await asked('drain', NODE)).toMatchObject({
      code: 1,
      stderr: 'node-2 (10.0.0.2) did not take the order: order it there\n',
    })
  })

  test('a node that nobody knows is refused with those that are known', async () => {
    const known = 'node-1 (10.0.0.1), node-2 (10.0.0.2)'
    expect(await ask('drain', 'mars')).toEqual({
      code: 1,
      stdout: '',
      stderr: `the gateway says: no node mars is known here; known: ${known}\n`,
    })
    expect(orders).toEqual([])
  })

  test('a name that two nodes have is refused with their addresses', async () => {
    const members = [memberOf('10.0.0.1', { self: true, director: true }), memberOf(NODE, { name: 'node-1' })]
    gateway.controls.discovery = { describe: async () => ({ members, counters: {}, warnings: [] }) }
    expect((await ask('drain', 'node-1')).stderr).toBe(
      'the gateway says: several nodes have the name node-1: give the address of one, 10.0.0.1, 10.0.0.2\n',
    )
  })

  test.each([['0s'], ['5'], ['soon']])('a timeout of %s is refused', async (timeout) => {
    const { code, stderr } = await ask('drain', NODE, '--timeout', timeout)
    expect([code, orders]).toEqual([1, []])
    expect(stderr).toContain('It must be a duration with its unit, such as 30s, 5m or 1h.')
  })
})

describe('undrain', () => {
  test('ends when the node drains no more', async () => {
    looks = [{ health: 'draining' }, { health: 'ok' }]
    expect(await asked('undrain', NODE)).toEqual({
      code: 0,
      stdout: 'node-2 (10.0.0.2) drains no more: it is ok\n',
      stderr: '',
    })
    expect(orders).toEqual([[NODE, { draining: false, maintMs: null }]])
  })
})

describe('maint', () => {
  test('orders the reset after its timeout, and ends when no connection is left', async () => {
    const maint = { health: 'draining', maint: 'on' } as const
    looks = [
      { ...maint, activeConnections: 2 },
      { ...maint, maint: 'due', activeConnections: 0, drained: true },
    ]
    expect(await asked('maint', 'node-2', '--timeout', '10s')).toEqual({
      code: 0,
      stdout: 'node-2 (10.0.0.2): 2 connections left\nnode-2 (10.0.0.2) is in maintenance: no connection is left\n',
      stderr: '',
    })
    expect(orders).toEqual([[NODE, { draining: true, maintMs: 10_000 }]])
  })

  test('waits 30 s unless told otherwise, and 0s is at once; also for a node whose proxy has failed', async () => {
    looks = [{ health: 'failure', maint: 'due', activeConnections: 0, drained: true }]
    for (const timeout of [[], ['--timeout', '0s']]) {
      cli = new CapturedCli()
      expect(await asked('maint', NODE, ...timeout, '--json')).toMatchObject({ code: 0 })
    }
    expect(orders.map(([, { maintMs }]) => maintMs)).toEqual([30_000, 0])
  })
})

test.each([
  ['drain', 'wait so long (default: 5m)'],
  ['maint', 'reset what is open after so long (default: 30s)'],
])('%s --help gives its timeout in words', async (command, text) => {
  const { stdout } = await ask(command, '--help')
  expect(stdout.replace(/\s+/g, ' ')).toContain(text)
})
