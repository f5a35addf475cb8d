import { describe, expect, it } from 'vitest'
import { layOut } from '../../loadtest/output.ts'

describe('layOut', () => {
  it('aligns names to the left and figures to the right', () => {
    expect(
      layOut([
        ['way', 'n'],
        ['a', '1,000'],
        ['straight', '-'],
      ]),
    ).toEqual(['way           n', 'a         1,000', 'straight      -'])
  })

  it('lays out nothing as nothing', () => {
    expect(layOut([])).toEqual([])
  })
})
