import { describe, expect, it } from 'vitest'
import { GapMeter } from '../../../runtime/lab/gap-meter.ts'

describe('GapMeter', () => {
  it('measures from one success to the next, over the borders of reports', () => {
    const meter = new GapMeter()
    meter.add([0, 5, 10])
    meter.add([3510, 3515])
    expect(meter.longestMs(3516)).toBe(3500)
    expect(meter.lastSuccessAtMs).toBe(3515)
  })

  it('counts the gap that is still open', () => {
    const meter = new GapMeter()
    meter.add([0, 5])
    expect(meter.longestMs(905)).toBe(900)
  })

  it('takes successes in any order: a connect that hung may end after later ones', () => {
    const meter = new GapMeter()
    meter.add([20, 0, 10])
    meter.add([5, 30])
    expect(meter.longestMs(30)).toBe(10)
  })

  it('begins anew at a restart, but the gap under way goes on', () => {
    const meter = new GapMeter()
    meter.add([0, 1000, 1005])
    meter.restart()
    expect(meter.longestMs(1010)).toBe(5)
    meter.add([1305])
    expect(meter.longestMs(1310)).toBe(300)
  })

  it('has nothing to say before the first success', () => {
    const meter = new GapMeter()
    expect(meter.longestMs(10_000)).toBe(0)
    expect(meter.lastSuccessAtMs).toBeNull()
  })
})
