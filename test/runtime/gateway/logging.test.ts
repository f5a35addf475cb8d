import { expect, test } from 'vitest'
import { LOG_PARTS, type LoggingConfig } from '../../../config/logging.ts'
import { actors } from '../../../runtime/gateway/actors.ts'
import { createGatewayLog, type GatewayLog, type LogHost } from '../../../runtime/gateway/logging.ts'
import { FakeClock } from '../../fakes/clock.ts'

const DEFAULTS: LoggingConfig = { level: 'info', levels: [], target: 'auto', format: 'auto' }

function log(settings: Partial<LoggingConfig> = {}, place: Partial<LogHost> = {}) {
  const took = { stdout: [] as string[], syslog: [] as string[], journald: [] as unknown[] }
  const turns: (() => void)[] = []
  const host: LogHost = {
    clock: new FakeClock(0, Date.UTC(2026, 2, 5, 7, 8, 9)),
    afterTurn: (call) => turns.push(call),
    stdout: (bytes, told) => {
      took.stdout.push(Buffer.from(bytes).toString())
      told(null, bytes.length)
    },
    syslog: { write: (level, line) => took.syslog.push(`${level} ${line}`), lost: 2, close: () => undefined },
    journal: {
      write: (level, line, fields) => took.journald.push([level, line, fields]),
      lost: 3,
      close: () => undefined,
    },
    isUnderJournal: false,
    terminal: null,
    ...place,
  }
  const gatewayLog = createGatewayLog('jupiter', { ...DEFAULTS, ...settings }, host)
  const turn = () => turns.splice(0).forEach((call) => void call())
  const written: GatewayLog = {
    ...gatewayLog,
    write: (...line) => {
      gatewayLog.write(...line)
      turn()
    },
  }
  const counts = () => Object.values(took).map(({ length }) => length)
  return { took, written, counts, gatewayLog, turn }
}

test('a line goes to stdout as JSON and to the system log as text', () => {
  const { took, written } = log()
  written.write('discovery', 'warn', 'Scanning partner has failed 10.0.0.1', { node: 'saturn' })
  expect(took.stdout.map((line) => JSON.parse(line))).toEqual([
    {
      level: 'warn',
      time: expect.any(String),
      name: 'jupiter',
      actor: 'discovery',
      node: 'saturn',
      msg: 'Scanning partner has failed 10.0.0.1',
    },
  ])
  expect(took.syslog).toEqual(['warn Scanning partner has failed 10.0.0.1'])
  expect(took.journald).toEqual([])
})

test('under the journal it goes there alone, with its fields', () => {
  const { took, written, counts } = log({}, { isUnderJournal: true })
  written.write('discovery', 'info', 'one', { node: 'saturn', failedPorts: [1, 2] })
  expect(counts()).toEqual([0, 0, 1])
  const fields = {
    PROXYHA_NAME: 'jupiter',
    PROXYHA_ACTOR: 'discovery',
    PROXYHA_NODE: 'saturn',
    PROXYHA_FAILED_PORTS: '[1,2]',
  }
  expect(took.journald).toEqual([['info', 'one', fields]])
})

test.each([
  ['stdout', [1, 0, 0]],
  ['syslog', [0, 1, 0]],
  ['journald', [0, 0, 1]],
] as const)('target %s: there alone, under the journal as well', (target, expected) => {
  for (const isUnderJournal of [false, true]) {
    const { written, counts } = log({ target }, { isUnderJournal })
    written.write('elector', 'info', 'one')
    expect(counts()).toEqual(expected)
  }
})

test('on a terminal it is pretty unless told otherwise, and JSON elsewhere unless told otherwise', () => {
  const first = (settings: Partial<LoggingConfig>, terminal: LogHost['terminal']) => {
    const { took, written } = log(settings, { terminal })
    written.write('elector', 'warn', 'one')
    return took.stdout[0]
  }
  const plain = { inColour: false }
  expect(first({}, plain)).toMatch(/^\d\d:08:09\.000 warn {2}elector {8}one\n$/)
  expect(first({}, { inColour: true })).toContain('\u001b[33mone')
  expect(first({ format: 'json' }, plain)).toMatch(/^\{.*\}\n$/)
  expect(first({}, null)).toMatch(/^\{.*\}\n$/)
  expect(first({ format: 'pretty' }, null)).toMatch(/elector {8}one\n$/)
})

test('what is below the level is not written; a part may have one of its own, which counts for all of its kind', () => {
  const levels = [{ part: 'elector', level: 'debug' } as const, { part: 'watcher', level: 'error' } as const]
  const { took, written } = log({ level: 'warn', levels })
  for (const actor of ['supervisor', 'elector', 'elector-mail', 'watcher', 'electoral'])
    for (const level of ['error', 'warn', 'info', 'debug'] as const) written.write(actor, level, actor)
  const count = (actor: string) => took.syslog.filter((line) => line.endsWith(` ${actor}`)).length
  expect(['supervisor', 'elector', 'elector-mail', 'watcher', 'electoral'].map(count)).toEqual([2, 4, 4, 1, 2])
})

test('level, target and format change while it is written', () => {
  const { took, written, counts } = log()
  written.write('elector', 'debug', 'unseen')
  written.follow({ level: 'debug', levels: [], target: 'stdout', format: 'pretty' })
  expect(written.levelOf('elector')).toBe('debug')
  written.write('elector', 'debug', 'seen')
  expect(counts()).toEqual([1, 0, 0])
  expect(took.stdout[0]).toContain('debug elector        seen')
})

test('lines that an output did not take are counted for it', () => {
  const { written } = log()
  written.write('elector', 'info', 'one')
  expect(written.lost.read()).toEqual([
    ['stdout', 0],
    ['syslog', 2],
    ['journald', 3],
  ])
})

test('lines of several threads that arrive together are written in the order in which they were said', async () => {
  const { took, gatewayLog, turn } = log({ target: 'syslog' })
  gatewayLog.write('announcer', 'info', 'second', undefined, 2)
  gatewayLog.write('elector', 'info', 'first', undefined, 1)
  gatewayLog.write('elector', 'info', 'first, too', undefined, 1)
  expect(took.syslog).toEqual([])
  turn()
  expect(took.syslog).toEqual(['info first', 'info first, too', 'info second'])
  gatewayLog.write('supervisor', 'info', 'the last word')
  await gatewayLog.end(1000)
  expect(took.syslog.at(-1)).toBe('info the last word')
})

test('a line is one line, whatever a name in it says', () => {
  const { took, written } = log({ format: 'pretty' })
  written.write('elector', 'info', 'one\n07:08:09.000 error elector two\u001b[2J')
  expect(took.stdout.join('').split('\n')).toHaveLength(2)
  expect(took.stdout.join('')).not.toContain('\u001b')
})

test('each actor may have a level of its own, and so may the supervisor', () => {
  expect([...LOG_PARTS].toSorted()).toEqual(['supervisor', ...Object.keys(actors)].toSorted())
})
