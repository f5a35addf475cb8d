import { expect, it } from 'vitest'
import { countElements, usageOfProcess } from '../../../loadtest/chaos/usage.ts'

it('elements of sets and maps are counted, whatever else there is', () => {
  const ruleset = {
    nftables: [
      { metainfo: {} },
      { table: { name: 'proxyha' } },
      { set: { name: 'a', elem: ['10.0.0.1', '10.0.0.2'] } },
      { map: { name: 'b', elem: [[1, 2]] } },
      { map: { name: 'empty' } },
      { rule: { expr: [] } },
    ],
  }
  expect(countElements(JSON.stringify(ruleset))).toBe(3)
  expect(countElements('{}')).toBe(0)
})

it('a process uses memory, descriptors and threads', () => {
  const usage = usageOfProcess(process.pid)
  expect(usage.residentBytes).toBeGreaterThan(10_000_000)
  expect(usage.files).toBeGreaterThan(3)
  expect(usage.threads).toBeGreaterThan(1)
})
