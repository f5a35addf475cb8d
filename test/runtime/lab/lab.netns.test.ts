import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { runLab } from '../../../runtime/lab/lab.ts'
import { prepareSandbox } from '../../../runtime/lab/testbed/sandbox.ts'
import { until } from '../../../runtime/lab/testbed/until.ts'

const prepared = prepareSandbox(process.getuid?.() === 0)
const lacking = prepared.ok ? '' : ` (skipped: ${prepared.reason})`
const tourMs = 180_000

const PAGE = /the page of saturn: (http:\S+)/

async function answers(url: string | undefined): Promise<boolean> {
  if (url === undefined) return false
  const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
  return answer?.status === 200 && (await answer.text()).startsWith('<!doctype html>')
}

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
    const ended = runLab({ once: true, squid: false, env: { stdout, stderr } })
    // A browser on this machine watches it, as soon as the gateway is up.
    let isOver = false
    let isWatched = false
    const watching = until(
      async () => {
        isWatched = await answers(PAGE.exec(stdout.text)?.[1])
        return isWatched || isOver
      },
      tourMs,
      'the page, or the end of the tour',
    )
    const code = await ended
    expect(`${stdout.text}${stderr.text}`).toContain('ok the tour is complete')
    expect(code).toBe(0)
    isOver = true
    await watching
    expect(isWatched).toBe(true)
  })
})
