import { expect, test } from 'vitest'
import { refused } from '../../runtime/ports/result.ts'
import { FakeClock } from './clock.ts'
import { FakeNft } from './nft.ts'
import { FakePacketPort } from './packet.ts'
import { FakeSocketTable } from './socket-table.ts'
import { FakeSystemLoad } from './system-load.ts'

test('frames are kept as copies with the time they were sent at', () => {
  const clock = new FakeClock()
  const port = new FakePacketPort(clock)
  const frame = Uint8Array.of(1, 2, 3)
  clock.advance(250)
  expect(port.send(3, frame).ok).toBe(true)
  frame.fill(0)
  port.refuse(refused('ENETDOWN', 'the network is down'))
  expect(port.send(3, frame)).toMatchObject({ code: 'ENETDOWN' })
  expect(port.frames).toEqual([{ atMs: 250, interfaceIndex: 3, frame: Uint8Array.of(1, 2, 3) }])
})

test('scripts are kept in order, refused ones are not; tables are what was set', async () => {
  const nft = new FakeNft()
  const outline = () => nft.outlineTable('inet', 'proxyha')
  expect(outline()).toMatchObject({ value: null })
  nft.setTable('inet', 'proxyha', 'as it was')
  expect(outline()).toMatchObject({ value: { digest: 'as it was' } })
  nft.setTable('inet', 'proxyha', undefined)
  expect(outline()).toMatchObject({ value: null })
  expect((await nft.apply('one')).ok).toBe(true)
  nft.refuse(refused('EREJECTED', 'syntax error'))
  expect(await nft.apply('two')).toMatchObject({ code: 'EREJECTED' })
  nft.refuse(undefined)
  expect((await nft.apply('three')).ok).toBe(true)
  expect(nft.scripts).toEqual(['one', 'three'])
})

test('listeners come and go; connections are those of every port that is asked for', () => {
  const table = new FakeSocketTable()
  table.listen('0.0.0.0', 9090)
  table.listen('::', 9090, true)
  table.listen('127.0.0.1', 8080, true)
  table.stopListening('0.0.0.0', 9090)
  expect(table.listeners()).toEqual({
    ok: true,
    value: [
      { family: 6, address: '::', port: 9090, v6Only: true },
      { family: 4, address: '127.0.0.1', port: 8080, v6Only: false },
    ],
  })
  table.setEstablished(9090, 7)
  expect(table.holders([9090, 80], [], 1)).toMatchObject({ value: { count: 7 } })
  table.refuse(refused('EPERM', 'not permitted'))
  expect(table.listeners()).toMatchObject({ code: 'EPERM' })
  expect(table.holders([80], [], 1)).toMatchObject({ code: 'EPERM' })
})

test('the CPU use between two samples is the share that was spent', () => {
  const load = new FakeSystemLoad()
  const first = load.sample()
  load.spend(10, 0.25)
  load.set({ memoryAvailableBytes: 1, cpuPressure: null })
  const second = load.sample()
  expect((second.cpuBusy - first.cpuBusy) / (second.cpuTotal - first.cpuTotal)).toBe(0.25)
  expect(second).toMatchObject({ memoryAvailableBytes: 1, cpuPressure: null, memoryPressure: 0 })
})
