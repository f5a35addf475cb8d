import { describe, expect, it } from 'vitest'
import { parseWrk, wrkArguments } from '../../../loadtest/bench/wrk.ts'

const report = `Running 2s test @ http://10.20.0.100:8080/
  2 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.03ms    1.21ms  28.36ms   91.55%
    Req/Sec    29.42k     3.61k   36.83k    68.29%
  Latency Distribution
     50%  742.00us
     75%    1.19ms
     90%    2.02ms
     99%    5.93ms
  120032 requests in 2.05s, 17.51MB read
Requests/sec:  58563.20
Transfer/sec:      8.54MB
`

describe('parseWrk', () => {
  it('reads a report', () => {
    expect(parseWrk(report)).toEqual({
      requests: 120032,
      requestsPerSecond: 58563.2,
      bytesPerSecond: 8.54 * 2 ** 20,
      errors: 0,
      p50Ms: 0.742,
      p99Ms: 5.93,
    })
  })

  it('adds all kinds of errors', () => {
    const failed = report.replace(
      'Requests/sec',
      '  Socket errors: connect 1, read 20, write 300, timeout 4000\n  Non-2xx or 3xx responses: 50000\nRequests/sec',
    )
    expect(parseWrk(failed)?.errors).toBe(54321)
  })

  it.each([
    ['512.00B', 512],
    ['1.50KB', 1536],
    ['3.10GB', 3.1 * 2 ** 30],
  ])('reads the unit of %s', (text, bytes) => {
    expect(parseWrk(report.replace('8.54MB', text))?.bytesPerSecond).toBe(bytes)
  })

  it('reads seconds as milliseconds', () => {
    expect(parseWrk(report.replace('5.93ms', '1.25s'))?.p99Ms).toBe(1250)
  })

  it('knows no percentiles where none are printed', () => {
    expect(parseWrk(report.replace(/^ {5}\d\d%.*\n/gm, ''))).toMatchObject({
      requests: 120032,
      p50Ms: null,
      p99Ms: null,
    })
  })

  it.each([0, 50, report.indexOf('Requests/sec')])(
    'does not take a report that was cut after %d characters',
    (length) => {
      expect(parseWrk(report.slice(0, length))).toBeUndefined()
    },
  )
})

describe('wrkArguments', () => {
  it('asks for a new connection each time where the load says so', () => {
    expect(wrkArguments({ path: '/', connections: 50, close: true }, 'http://ip:80', 5, 2)).toEqual([
      '-t2',
      '-c50',
      '-d5s',
      '--latency',
      '--timeout',
      '5s',
      '-H',
      'Connection: close',
      'http://ip:80/',
    ])
  })

  it('keeps connections otherwise', () => {
    expect(wrkArguments({ path: '/1m', connections: 8, close: false }, 'http://ip:80', 1, 1)).not.toContain(
      'Connection: close',
    )
  })
})
