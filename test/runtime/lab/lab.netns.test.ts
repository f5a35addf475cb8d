import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { runLab } from '../../../runtime/lab/lab.ts'
import { prepareSandbox } from '../../../runtime/lab/testbed/sandbox.ts'

const prepared = prepareSandbox(process.getuid?.() === 0)
const lacking = prepared.ok ? '' : ` (skipped: ${prepared.reason})`
const tourMs = 180_000

class Captured extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

describe.skipIf(!prepared.ok)(`the lab${lacking}`, () => {
  it('passes its tour: death, return and orderly stop of the director, failure of a proxy', {
    timeout: tourMs,
  }, async () => {
    const stdout = new Captured()
    const stderr = new Captured()
    const code = await runLab({ once: true, squid: false, env: { stdout, stderr } })
    expect(`${stdout.text}${stderr.text}`).toContain('ok the tour is complete')
    expect(code).toBe(0)
  })
})
