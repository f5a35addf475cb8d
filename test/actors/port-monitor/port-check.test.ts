import { describe, expect, test } from 'vitest'
import { checkPorts, describeProblems, proxyPortsOf } from '../../../actors/port-monitor/port-check.ts'
import type { Listener } from '../../../runtime/ports/sockets/socket-table.ts'

const on = (address: string, port: number, v6Only = false): Listener => ({
  family: address.includes(':') ? 6 : 4,
  address,
  port,
  v6Only,
})

const problemOf = (...listeners: readonly Listener[]) => checkPorts([9090], listeners)[0]?.problem

describe('the proxy must listen unbound', () => {
  test('on 0.0.0.0 it does', () => {
    expect(checkPorts([9090], [on('0.0.0.0', 9090)])).toEqual([{ port: 9090, listening: true, problem: null }])
  })

  test('on :: it does, since that takes IPv4 too', () => {
    expect(problemOf(on('::', 9090))).toBeNull()
  })

  test('on :: for IPv6 only it does not', () => {
    expect(problemOf(on('::', 9090, true))).toBe(
      'listens on :: for IPv6 only: the proxy must listen on 0.0.0.0, or on :: without IPV6_V6ONLY',
    )
    expect(problemOf(on('::', 9090, true), on('0.0.0.0', 9090))).toBeNull()
  })

  test('on one address it does not, and the address is named', () => {
    expect(problemOf(on('127.0.0.1', 9090))).toBe('listens only on 127.0.0.1: the proxy must listen on 0.0.0.0 or ::')
  })

  test('on several addresses each is named once', () => {
    expect(problemOf(on('::1', 9090), on('127.0.0.1', 9090), on('127.0.0.1', 9090))).toBe(
      'listens only on 127.0.0.1, ::1: the proxy must listen on 0.0.0.0 or ::',
    )
  })

  test('a listener on the virtual IP does no harm beside an unbound one, and does not stand for it', () => {
    expect(problemOf(on('10.0.0.5', 9090), on('0.0.0.0', 9090))).toBeNull()
    expect(problemOf(on('10.0.0.5', 9090))).toContain('listens only on 10.0.0.5')
  })

  test('a listener on another port is none on this', () => {
    expect(problemOf(on('0.0.0.0', 9091))).toBe('is not listening')
  })
})

test('the ports are those of all redirects, each once, ascending', () => {
  expect(proxyPortsOf([{ proxyPort: 9090 }, { proxyPort: 21 }, { proxyPort: 9090 }])).toEqual([21, 9090])
})

test('all problems are told in one line', () => {
  expect(describeProblems(checkPorts([21, 9090, 9091], [on('127.0.0.1', 9090), on('::', 9091)]))).toBe(
    'port 21 is not listening, port 9090 listens only on 127.0.0.1: the proxy must listen on 0.0.0.0 or ::',
  )
  expect(describeProblems(checkPorts([9091], [on('::', 9091)]))).toBeUndefined()
})
