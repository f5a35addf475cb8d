import { describe, expect, it } from 'vitest'
import type { ForwardingMessage, ForwardingNode } from '../../../actors/fast-path/messages.ts'
import { renumbered, UNNUMBERED } from '../../../actors/fast-path/numbering.ts'

const mac = (number: number) => `02:00:00:00:00:0${number}`
const nodeOf = (number: number, mark: number, self = false): ForwardingNode => ({
  address: `10.0.0.${number}`,
  mark,
  mac: mac(number),
  self,
  takesNew: true,
  speaks: true,
  keeps: true,
  left: false,
  gone: false,
})
const groupOf = (nodes: readonly ForwardingNode[], ...slots: readonly number[]): ForwardingMessage => ({
  type: 'forwarding',
  generation: 1,
  dealtHere: true,
  nodes,
  slots: Uint8Array.from(slots),
  tied: [],
})
const marksOf = ({ nodes }: ForwardingMessage) => nodes.map(({ address, mark }) => [address, mark])

describe('the marks of nodes', () => {
  const group = groupOf([nodeOf(1, 1, true), nodeOf(2, 2), nodeOf(3, 3)], 1, 2, 3, 0)

  it('are those of their rows where nothing was found', () => {
    expect(renumbered(group, UNNUMBERED, mac(1)).group).toBe(group)
  })

  it('are those that the maps have, for nodes and slots alike; who has none there gets one that nobody has', () => {
    const found = new Map([
      [mac(1), 2],
      [mac(2), 3],
      [mac(9), 1],
    ])
    const { group: mine } = renumbered(group, { ...UNNUMBERED, found }, mac(1))
    expect(marksOf(mine)).toEqual([
      ['10.0.0.1', 2],
      ['10.0.0.2', 3],
      ['10.0.0.3', 4],
    ])
    expect([...mine.slots]).toEqual([2, 3, 4, 0])
  })

  it('stay with the address, whatever MAC and row it has later', () => {
    const found = new Map([[mac(2), 3]])
    const first = renumbered(group, { ...UNNUMBERED, found }, mac(1))
    const moved = groupOf([nodeOf(1, 1, true), { ...nodeOf(2, 7), mac: mac(8) }], 7)
    const { group: mine } = renumbered(moved, first.numbering, mac(1))
    expect(marksOf(mine)).toEqual([
      ['10.0.0.1', 1],
      ['10.0.0.2', 3],
    ])
    expect([...mine.slots]).toEqual([3])
  })

  it('are never given twice, also not to a slot whose owner is not known yet', () => {
    const found = new Map([[mac(1), 5]])
    const { group: mine } = renumbered(groupOf([nodeOf(1, 1, true)], 1, 5), { ...UNNUMBERED, found }, mac(1))
    const [own, other] = mine.slots
    expect(own).toBe(5)
    expect(other).not.toBe(5)
  })
})
