import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { InspectedGateway } from '../../../actors/inspector/gateway-fixture.ts'
import { CapturedCli } from '../captured-cli.ts'

let gateway: InspectedGateway
let cli: CapturedCli
beforeEach(async () => {
  gateway = new InspectedGateway()
  cli = new CapturedCli()
  await gateway.start()
})
afterEach(() => gateway.close())

/** Of a busy machine. */
const PATIENT = { timeout: 5000 }

const ask = (...args: readonly string[]) => cli.output(...args, '-s', gateway.socketPath)

describe('events, in words', () => {
  const what = 'failed: port 3128 is not listening'
  const failed = { type: 'happened', kind: 'nodeFailed', level: 'failure', what } as const
  beforeEach(() => gateway.observe({ ...failed, address: '10.0.0.2', node: 'uranus' }))

  test('is a line each, with the node by name and address', async () => {
    gateway.observe({ type: 'happened', kind: 'drain', level: 'info', what: 'was ordered to drain', by: 'operator' })
    expect(await ask('events')).toMatchObject({
      code: 0,
      // This process started a moment ago.
      stdout: expect.stringMatching(
        new RegExp(
          [
            '^20(25-12-31 23:5|26-01-01 00:0)\\d:\\d\\d  jupiter \\(10.0.0.1\\) started: proxyha 0.1.0, workers mode',
            '2023-11-14 22:13:20  uranus \\(10.0.0.2\\) failed: port 3128 is not listening',
            '2023-11-14 22:13:20  jupiter \\(10.0.0.1\\) was ordered to drain \\(by operator\\)\n$',
          ].join('\n'),
        ),
      ),
    })
  })

  test('in a narrow terminal it is folded below its beginning', async () => {
    cli.variables = { COLUMNS: '40' }
    const { stdout } = await ask('events')
    expect(stdout.split('\n').slice(-4)).toEqual([
      '2023-11-14 22:13:20  uranus (10.0.0.2)',
      '                     failed: port 3128',
      '                     is not listening',
      '',
    ])
  })

  test('--json is an entry a line', async () => {
    const { stdout } = await ask('events', '--json')
    expect(JSON.parse(stdout.split('\n')[1]!)).toMatchObject({
      id: 2,
      kind: 'nodeFailed',
      level: 'failure',
      address: '10.0.0.2',
    })
  })

  test('--follow goes on with what is new, each once, and ends with the gateway: exit code 1', async () => {
    const following = ask('events', '--follow', '--json')
    const ids = () =>
      cli.stdout.text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).id)
    await expect.poll(ids, PATIENT).toEqual([1, 2])
    gateway.observe({ ...failed, what: 'returned', kind: 'nodeReturned' })
    await expect.poll(() => cli.clock.nextDueMs(), PATIENT).toBe(1000)
    cli.clock.advance(1000)
    await expect.poll(ids, PATIENT).toEqual([1, 2, 3])
    await gateway.stop()
    await expect.poll(() => cli.clock.nextDueMs(), PATIENT).toBe(2000)
    cli.clock.advance(1000)
    const { code, stderr } = await following
    expect([code, stderr.split('\n')[0]]).toEqual([1, 'the gateway has ended, or does not answer any more'])
  })
})
