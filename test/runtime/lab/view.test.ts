import { describe, expect, it } from 'vitest'
import { describeTraffic, drawPicture, type Picture, sparkline } from '../../../runtime/lab/view.ts'

const gateway = {
  priority: 99,
  running: true,
  proxyRunning: true,
  state: 'ok',
  slots: 1365,
  share: 0.5,
  holdsVip: false,
}
const picture: Picture = {
  requestsPerSecond: 399.6,
  failed: 2,
  history: [0, 200, 400],
  moments: [1, 2, 3, 4, 5, 6].map((second) => ({ atMs: second * 1000, kind: 'event', text: `event ${second}` })),
  hint: 'q: quit',
  gateways: [
    { ...gateway, name: 'jupiter', holdsVip: true },
    { ...gateway, name: 'saturn', priority: 89 },
    {
      ...gateway,
      name: 'uranus',
      priority: 79,
      running: false,
      proxyRunning: false,
      state: 'stale',
      slots: 0,
      share: 0,
    },
  ],
}

describe('drawPicture', () => {
  it('shows who is director, who is down, the shares and the newest events', () => {
    const lines = drawPicture(picture, 120, 12)
    expect(lines[0]).toBe('proxyha lab   VIP 10.10.74.74   400 requests/s   2 failed in 2 s')
    expect(lines[3]).toBe('  jupiter (99)  DIRECTOR  ████████████············ 50%  1365 slots  ok       proxy up')
    expect(lines[4]).toContain('node')
    expect(lines[5]).toMatch(/uranus \(79\)\s+down .* 0%\s+0 slots {2}stale {4}proxy down/)
    expect(lines.filter((line) => line.includes('event'))).toEqual([
      '    4.00 s     event 4',
      '    5.00 s     event 5',
      '    6.00 s     event 6',
    ])
    expect(lines.at(-1)).toBe('q: quit')
  })

  it('stays within the terminal', () => {
    const lines = drawPicture(picture, 20, 6)
    expect(lines).toHaveLength(6)
    expect(Math.max(...lines.map((line) => line.length))).toBe(20)
  })
})

describe('sparkline', () => {
  it('scales to the largest value', () => {
    expect(sparkline([0, 50, 100])).toBe('▁▅█')
  })

  it('is flat for nothing but zeros, and empty for nothing', () => {
    expect(sparkline([0, 0])).toBe('▁▁')
    expect(sparkline([])).toBe('')
  })
})

describe('describeTraffic', () => {
  it('is one line that marks the director', () => {
    expect(describeTraffic(picture)).toBe('400 requests/s: jupiter* 50%, saturn 50%, uranus 0%')
  })
})
