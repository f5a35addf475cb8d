import { describe, expect, it } from 'vitest'
import { OpenConnections } from '../../../loadtest/simulate/open-connections.ts'

const endedAt = (open: OpenConnections, nowS: number): readonly string[] => {
  const ended: string[] = []
  open.end(nowS, (client, node) => ended.push(`${client}@${node}`))
  return ended
}

describe('the open connections', () => {
  it('end in the second in which their life is over, each once, also after their records were used again', () => {
    const open = new OpenConnections()
    open.add(1, 0, 0, 2)
    open.add(2, 1, 0, 1)
    expect([endedAt(open, 1), endedAt(open, 2), endedAt(open, 3)]).toEqual([['2@1'], ['1@0'], []])
    open.add(3, 0, 3, 1)
    open.add(4, 0, 3, 1)
    expect(endedAt(open, 4).toSorted()).toEqual(['3@0', '4@0'])
  })

  it('break where the judge says so, once and at once, and the others live on', () => {
    const open = new OpenConnections()
    for (const client of [1, 2, 3]) open.add(client, client % 2, 0, 5)
    const broken: number[] = []
    open.breakWhere(
      (_client, node) => node === 1,
      (client) => broken.push(client),
    )
    expect(broken.toSorted()).toEqual([1, 3])
    expect(endedAt(open, 5)).toEqual(['2@0'])
  })

  it('live at most a turn of the wheel, 2047 s, and at least 1 s', () => {
    const open = new OpenConnections()
    open.add(1, 0, 0, 1e9)
    open.add(2, 0, 0, 0.01)
    expect([endedAt(open, 1), endedAt(open, 2047)]).toEqual([['2@0'], ['1@0']])
  })
})
