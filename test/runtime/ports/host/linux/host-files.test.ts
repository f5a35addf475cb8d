import { describe, expect, test } from 'vitest'
import {
  parseCapabilities,
  parseFileLimit,
  parseListeningSockets,
  parseListenOverflows,
  parseRealtimeLimit,
  parseRoutes,
} from '../../../../../runtime/ports/host/linux/host-files.ts'

describe('capabilities', () => {
  test('of root, of a systemd unit with two of them, and of nobody', () => {
    const status = (digits: string) =>
      `Name:\tnode\nCapPrm:\t0000000000000000\nCapEff:\t${digits}\nCapBnd:\t000001ffffffffff\n`
    expect(parseCapabilities(status('000001ffffffffff'))).toEqual(['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_SYS_NICE'])
    expect(parseCapabilities(status('0000000000003000'))).toEqual(['CAP_NET_ADMIN', 'CAP_NET_RAW'])
    expect(parseCapabilities(status('0000000000000000'))).toEqual([])
  })

  test('of a process that is gone are not known', () => {
    expect(parseCapabilities('')).toBeUndefined()
  })
})

test('the soft limit of real-time priorities', () => {
  const limits = (soft: string) => `Max nice priority         0                    0                    
Max realtime priority     ${soft.padEnd(20)} 99                   
`
  expect(parseRealtimeLimit(limits('0'))).toBe(0)
  expect(parseRealtimeLimit(limits('1'))).toBe(1)
  expect(parseRealtimeLimit(limits('unlimited'))).toBe(Number.POSITIVE_INFINITY)
  expect(parseRealtimeLimit('')).toBeUndefined()
})

test('the soft limit of open files', () => {
  const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units     
Max processes             128000               128000               processes 
Max open files            ${soft.padEnd(20)} 524288               files     
`
  expect(parseFileLimit(limits('1024'))).toBe(1024)
  expect(parseFileLimit(limits('unlimited'))).toBe(Number.POSITIVE_INFINITY)
  expect(parseFileLimit('')).toBeUndefined()
})

test('routes: those that are up and lead somewhere', () => {
  const titles = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'
  const lines = [
    'eth0\t00000000\t0100580A\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t0000580A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    'eth1\t0003580A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
    'eth2\t0004580A\t00000000\t0000\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    '*\t0005580A\t00000000\t0200\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'nonsense',
  ]
  expect(parseRoutes([titles, ...lines, ''].join('\n'))).toEqual([
    { network: '0.0.0.0', prefixLength: 0, interfaceName: 'eth0' },
    { network: '10.88.0.0', prefixLength: 16, interfaceName: 'eth0' },
    { network: '10.88.3.0', prefixLength: 24, interfaceName: 'eth1' },
  ])
})

test('connections that listeners had no room for, wherever the kernel puts the number', () => {
  const netstat = 'TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 7 8\nIpExt: InNoRoutes\nIpExt: 0\n'
  expect(parseListenOverflows(netstat)).toBe(7)
  expect(parseListenOverflows('IpExt: InNoRoutes\nIpExt: 0\n')).toBeUndefined()
  expect(parseListenOverflows('TcpExt: ListenOverflows\nTcpExt: x\n')).toBeUndefined()
})

test('listening sockets have their port and inode; others, and what is no line of the table, are passed over', () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:2382 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0849 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0
   2: 00000000000000000000000000000000:0C38 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4713 1
nonsense`
  expect(parseListeningSockets(text)).toEqual([
    { port: 9090, inode: 4711 },
    { port: 3128, inode: 4713 },
  ])
  expect(parseListeningSockets('')).toEqual([])
})
