import { describe, expect, it } from 'vitest'
import { describeTraffic, drawPicture, type Picture, sparkline } from '../../../runtime/lab/view.ts'
import { plain } from '../../../runtime/terminal/look.ts'
import { Bench, v2 } from '../../actors/elector/bench.ts'
import { statusOf } from '../../actors/inspector/doctor/observed.ts'

const gateway = {
  priority: 99,
  running: true,
  proxyRunning: true,
  share: 0.5,
  holdsVip: false,
}
const picture: Picture = {
  status: null,
  pages: [
    { host: 'jupiter', url: 'http://127.0.0.1:4001' },
    { host: 'saturn', url: 'http://127.0.0.1:4002' },
  ],
  requestsPerSecond: 399.6,
  failed: 2,
  history: [0, 200, 400],
  moments: [1, 2, 3, 4, 5, 6].map((second) => ({ atMs: second * 1000, kind: 'event', text: `event ${second}` })),
  hint: 'q: quit',
  gateways: [
    { ...gateway, name: 'jupiter', holdsVip: true },
    { ...gateway, name: 'saturn', priority: 89 },
    { ...gateway, name: 'uranus', priority: 79, running: false, proxyRunning: false, share: 0 },
  ],
}

const draw = (change: Partial<Picture>, columns: number, rows: number) =>
  drawPicture({ ...picture, ...change }, { paint: plain, columns }, rows, 0)

describe('drawPicture', () => {
  it('shows who holds the VIP, who is off, the shares, the newest events and the pages', () => {
    const lines = draw({}, 120, 14)
    expect(lines[0]).toBe('proxyha lab   VIP 10.10.74.74   400 requests/s   2 failed in 2 s')
    expect(lines[2]).toBe('no gateway answers')
    expect(lines[4]).toBe('  jupiter (99)  holds VIP ████████████············ 50%  proxy up')
    expect(lines[6]).toMatch(/uranus \(79\)\s+off .* 0% {2}proxy down/)
    expect(lines.filter((line) => line.includes('event'))).toEqual([
      '    4.00 s     event 4',
      '    5.00 s     event 5',
      '    6.00 s     event 6',
    ])
    expect(lines.slice(-2)).toEqual(['pages: http://127.0.0.1:4001 jupiter, :4002 saturn', 'q: quit'])
  })

  it('stays within the terminal', () => {
    const lines = draw({}, 20, 6)
    expect(lines).toHaveLength(6)
    expect(Math.max(...lines.map((line) => line.length))).toBe(20)
  })
})

it('shows the group as the status command does', () => {
  const verdict = {
    level: 'ok',
    text: 'ok: jupiter leads, 2 of 2 nodes serve',
    since: '2026-01-01T00:00:00.000Z',
  } as const
  const lines = draw({ status: { ...statusOf(new Bench(v2).promoted()), verdict } }, 80, 18)
  expect(lines[2]).toMatch(/^ok: /)
  expect(lines[4]).toMatch(/^\*node-70 +10\.10\.74\.70 +director +ok/)
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
