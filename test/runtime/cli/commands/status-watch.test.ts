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

describe('status --watch in a terminal', () => {
  beforeEach(() => {
    cli.stdout.isTTY = true
    cli.variables = { NO_COLOR: '1' }
  })
  /** The last picture. */
  const picture = () => cli.stdout.text.split('\u001b[H').at(-1)!.replaceAll('\u001b[K', '').replaceAll('\r\n', '\n')

  test('draws in place with a clock, keeps what was said last and how old that is, and goes on when it is back', async () => {
    const watching = ask('status', '--watch')
    await expect.poll(picture, PATIENT).toContain('jupiter (10.0.0.1) is director')
    expect(cli.stdout.text.startsWith('\u001b[?1049h')).toBe(true)
    expect(picture()).toContain(' 00:00:00 UTC\n')
    await gateway.stop()
    for (let seconds = 1; seconds <= 4; seconds++) {
      await expect.poll(() => cli.clock.nextDueMs(), PATIENT).toBe(seconds * 1000)
      cli.clock.advance(1000)
    }
    await expect.poll(picture, PATIENT).toMatch(/^no answer for 4 s: no gateway runs here:/)
    expect(picture()).toContain('What it said at 00:00:00 UTC:\n')
    expect(picture()).toContain('*node-1   10.0.0.1')
    await gateway.start()
    cli.clock.advance(1000)
    await expect.poll(picture, PATIENT).toMatch(/^warning: node-10 has failed/)
    cli.interruption.abort()
    expect((await watching).code).toBe(0)
    // The last picture stays when the screen is given back.
    expect(cli.stdout.text.split('\u001b[?1049l').at(-1)).toContain('beacons are not authenticated\n')
  })

  test('what is old is faint', async () => {
    cli.variables = {}
    const watching = ask('status', '--watch')
    await expect.poll(picture, PATIENT).toContain('Virtual IP  10.0.0.5')
    await gateway.stop()
    cli.clock.advance(1000)
    await expect.poll(picture, PATIENT).toContain(`\u001b[2m*node-1   10.0.0.1   director  ok`)
    cli.interruption.abort()
    await watching
  })
})
