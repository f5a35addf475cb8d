import { expect, test } from 'vitest'
import { publicSource, SynFrame } from '../../../loadtest/flood/syn-frame.ts'
import { internetChecksum } from '../../scenarios/vrrp/raw-frame.ts'

const target = { fromMac: '02:00:00:00:00:01', mac: '02:00:00:00:00:02', address: '10.40.0.100', port: 8080 }

test('a SYN has the origin that it was given, and right checksums, however often it is written', () => {
  const frame = new SynFrame(target)
  for (const [source, port, sequence] of [
    [0x01020304, 1024, 0],
    [0xdffffffe, 65_535, 0xffffffff],
  ] as const) {
    frame.write({ source, port, sequence })
    const [ip, tcp] = [frame.bytes.subarray(14, 34), frame.bytes.subarray(34, 54)]
    expect(frame.bytes.subarray(0, 14).toString('hex')).toBe('020000000002' + '020000000001' + '0800')
    expect([ip.readUInt32BE(12), ip.subarray(16).join('.')]).toEqual([source, target.address])
    expect([tcp.readUInt16BE(0), tcp.readUInt16BE(2), tcp.readUInt32BE(4), tcp[13]]).toEqual([port, 8080, sequence, 2])
    expect(internetChecksum(ip)).toBe(0)
    expect(internetChecksum(ip.subarray(12), Buffer.from([0, 6, 0, 20]), tcp)).toBe(0)
  }
})

test('the source is a unicast address of the Internet; others are drawn again', () => {
  const first = (octet: number) => (octet + 0.5) / 256
  for (const octet of [0, 10, 127, 224, 255]) {
    const draws = [first(octet), first(9)]
    expect(publicSource(() => draws.shift()!) >>> 24).toBe(9)
  }
  expect(publicSource(() => first(223)) >>> 24).toBe(223)
})
