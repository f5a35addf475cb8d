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

describe('top', () => {
  test('without a terminal: one picture of a second', async () => {
    const looking = ask('top', '--sort', 'name')
    await expect.poll(() => cli.clock.nextDueMs(), PATIENT).toBe(1000)
    cli.clock.advance(1000)
    const { code, stdout } = await looking
    expect(code).toBe(0)
    expect(stdout).toContain('jupiter (10.0.0.1) is director  00:00:01 UTC\n')
    expect(stdout).toMatch(/^discovery +backoff .*\nelector +running/m)
  })

  test('in a terminal until q is pressed; s is another order', async () => {
    cli.stdout.isTTY = true
    cli.variables = { NO_COLOR: '1' }
    const raw: boolean[] = []
    Object.assign(cli.stdin, { isTTY: true, setRawMode: (on: boolean) => raw.push(on) })
    const watching = ask('top')
    await expect.poll(() => cli.stdout.text, PATIENT).toContain('s: by rate')
    cli.stdin.write('s')
    await expect.poll(() => cli.stdout.text, PATIENT).toContain('s: by mailbox')
    cli.stdin.write('q')
    expect((await watching).code).toBe(0)
    expect(raw).toEqual([true, false])
  })
})
