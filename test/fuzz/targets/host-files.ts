import {
  parseCgroupPath,
  parseControllerPath,
  parseCpuLimit,
  parseCpuUsageUs,
  parseQuota,
  parseUptimeUs,
  parseUsageNs,
} from '../../../runtime/ports/host/linux/cgroup-files.ts'
import {
  parseCapabilities,
  parseFileLimit,
  parseListeningSockets,
  parseListenOverflows,
  parseRealtimeLimit,
  parseRoutes,
} from '../../../runtime/ports/host/linux/host-files.ts'
import { parseCpuTimes, parseMemoryField, parsePressure } from '../../../runtime/ports/host/linux/proc-files.ts'
import { checkAddressSpace } from '../../../runtime/ports/process/linux/address-space.ts'
import { bytesOf, type FuzzTarget, holds, textOf } from '../target.ts'

/** Files of /proc and of cgroups. */
export const hostFiles: FuzzTarget = {
  name: 'host-files',
  mostBytes: 2048,
  seeds: [
    'cpu  10 20 30 40 50 60 70 0 0 0\ncpu0 1 2 3 4\n',
    'MemTotal:       16384 kB\nMemAvailable:    8192 kB\n',
    'some avg10=0.12 avg60=0.00 avg300=0.00 total=123\nfull avg10=0.01 avg60=0.00 avg300=0.00 total=1\n',
    '0::/system.slice/proxyha.service\n4:cpu,cpuacct:/x\n',
    '150000 100000\n',
    'usage_usec 12345\nuser_usec 1\n',
    '12345.67 2345.67\n',
    'CapEff:\t0000003fffffffff\n',
    'Max open files            1024                 524288               files     \nMax realtime priority     0  0 \nMax address space         unlimited            unlimited            bytes\n',
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t004A0A0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\n',
    'TcpExt: A ListenOverflows B\nTcpExt: 1 2 3\n',
    '  sl  local_address rem_address   st\n   0: 00000000:0C38 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1\n',
  ].map(bytesOf),
  run(input) {
    const text = textOf(input)
    const numbers = [
      parseMemoryField(text, 'MemTotal'),
      parsePressure(text),
      parseQuota(text, text),
      parseUsageNs(text),
      parseCpuLimit(text),
      parseCpuUsageUs(text),
      parseUptimeUs(text),
      parseFileLimit(text),
      parseRealtimeLimit(text),
      parseListenOverflows(text),
      parseCpuTimes(text)?.total,
    ]
    for (const value of numbers)
      holds(value === undefined || value === null || !Number.isNaN(value), 'a figure that is told is a number')
    const sockets = parseListeningSockets(text)
    holds(
      sockets.every(({ port }) => port >= 0 && port <= 65_535),
      'a port is 0..65535',
    )
    const routes = parseRoutes(text)
    holds(
      routes.every(({ prefixLength }) => prefixLength >= 0 && prefixLength <= 32),
      'a prefix has 0..32 bits',
    )
    const texts = [
      parseCgroupPath(text),
      parseControllerPath(text, 'cpu'),
      parseCapabilities(text),
      checkAddressSpace(text).ok,
    ]
    return (
      [...numbers, ...texts].map((value) => typeof value).join(' ') +
      Math.min(2, sockets.length) +
      Math.min(2, routes.length)
    )
  },
}
