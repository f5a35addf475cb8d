import { describe, expect, it } from 'vitest'
import { isComplete } from '../../../../runtime/lab/testbed/gateway-status.ts'

type Status = NonNullable<Parameters<typeof isComplete>[0]>
type Node = Status['nodes'][number]

const node = (name: string, slots: number, state: Node['state'] = 'ok'): Node => ({ name, state, slots })
const status = (nodes: readonly Node[], role: Status['role'] = 'director'): Status => ({ role, nodes })

describe('isComplete', () => {
  it('holds when just these nodes own all slots', () => {
    expect(isComplete(status([node('a', 2048), node('b', 2048)]), ['a', 'b'])).toBe(true)
  })

  it('holds beside a node in failure that owns none', () => {
    expect(isComplete(status([node('a', 4096), node('b', 0, 'failure')]), ['a'])).toBe(true)
  })

  it.each([
    ['slots are nobody’s', status([node('a', 2048), node('b', 2000)]), ['a', 'b']],
    ['a node is missing', status([node('a', 4096)]), ['a', 'b']],
    ['another node takes part', status([node('a', 2048), node('c', 2048)]), ['a', 'b']],
    ['a failed node still owns slots', status([node('a', 2048), node('b', 2048, 'failure')]), ['a']],
    ['it is not the director', status([node('a', 4096)], 'scanning'), ['a']],
    ['nobody answers', null, ['a']],
  ])('does not hold when %s', (_why, seen, nodes) => {
    expect(isComplete(seen, nodes)).toBe(false)
  })
})
