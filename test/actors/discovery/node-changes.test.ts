import { describe, expect, it } from 'vitest'
import { SimulatedGroup } from './simulated-group.ts'

const [A, B, C] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const

function settled(): SimulatedGroup {
  const group = new SimulatedGroup()
  for (const address of [A, B, C]) group.add(address)
  group.elect(A)
  group.run(5000)
  return group
}
/** What each node has told of others, as `node event`. */
const toldBy = (group: SimulatedGroup, address: string) =>
  group.node(address).toNotifier.map(({ event, address: of }) => `${of} ${event}`)

describe('what happens to a node is told once, by the director', () => {
  it('that it fails, and that it returns; a node that has just joined has not returned', () => {
    const group = settled()
    group.kill(B)
    group.run(5000)
    group.restart(B)
    group.run(5000)
    expect(toldBy(group, A)).toEqual([`${B} nodeFailed`, `${B} nodeReturned`])
    expect(toldBy(group, C)).toEqual([])
    expect(group.node(A).toNotifier[0]).toEqual({
      type: 'nodeChanged',
      event: 'nodeFailed',
      name: 'node-86',
      address: B,
      priority: 86,
      reason: 'it is not heard any more',
    })
  })

  it('that it returns after a long time, when it was none of the group any more', () => {
    const group = settled()
    group.kill(B)
    group.run(90_000)
    group.restart(B)
    group.run(5000)
    expect(toldBy(group, A)).toEqual([`${B} nodeFailed`, `${B} nodeReturned`])
  })

  it("that its proxy fails, the director's own as well", () => {
    const group = settled()
    for (const address of [A, B]) {
      group.tell(address, { type: 'monitor', state: 'failure', failedPorts: [3128] })
      group.run(2000)
      group.tell(address, { type: 'monitor', state: 'ok', failedPorts: [] })
      group.run(2000)
    }
    expect(toldBy(group, A)).toEqual([`${A} nodeFailed`, `${A} nodeReturned`, `${B} nodeFailed`, `${B} nodeReturned`])
    expect(group.node(A).toNotifier[0]?.reason).toBe('its proxy fails on port 3128')
    expect([...toldBy(group, B), ...toldBy(group, C)]).toEqual([])
  })

  it('not that it has failed when it was stopped in order', () => {
    const group = settled()
    group.tell(B, { type: 'stop' })
    group.kill(B)
    group.run(10_000)
    expect([A, C].flatMap((address) => toldBy(group, address))).toEqual([])
  })
})

describe('that a director fails', () => {
  it.each([
    ['before its silence is noticed', 200],
    ['after it', 4500],
  ])('is told by who follows it %s, and by no other', (_, followsAfterMs) => {
    const group = settled()
    group.kill(A)
    group.run(followsAfterMs)
    expect([...toldBy(group, B), ...toldBy(group, C)]).toEqual([])
    group.elect(B)
    group.run(6000)
    expect([toldBy(group, B), toldBy(group, C)]).toEqual([[`${A} nodeFailed`], []])
  })

  it('is not told where it is back before somebody has followed it', () => {
    const group = settled()
    group.kill(A)
    group.run(4500)
    group.restart(A)
    group.elect(A)
    group.run(5000)
    group.elect(B)
    group.run(5000)
    expect([...toldBy(group, B), ...toldBy(group, C)]).toEqual([])
  })
})
