import { expect, test } from 'vitest'
import { rehearseElection } from '../../../actors/elector/rehearsal.ts'
import { v2, v3, v6 } from './bench.ts'

test('a rehearsal comes to its end in each version and family, for an owner and between unicast peers, too', () => {
  for (const options of [v2, v3, v6, { ...v2, priority: 255 }, { ...v3, unicastPeers: ['10.10.74.86'] }]) {
    expect(() => rehearseElection(options)).not.toThrow()
  }
})
