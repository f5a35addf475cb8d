import { describe, expect, it } from 'vitest'
import { defaultForwarderLimits } from '../../../actors/forwarder/messages.ts'
import { Pressure } from '../../../actors/forwarder/pressure.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'

const limits = { ...defaultForwarderLimits, connections: 100, connectionsPerClient: 5 }

describe('a limit that is reached', () => {
  it('is told when it is felt, once, and warned of until 30 s after', () => {
    const pressure = new Pressure()
    expect(pressure.look({ globalLimit: 0, accepted: 7 }, limits, 0)).toEqual([])
    expect(pressure.look({ globalLimit: 3, accepted: 9 }, limits, 1000)).toEqual([
      'limits.connections: 100 are open, further clients wait until one ends; raise it, or add nodes',
    ])
    expect(pressure.look({ globalLimit: 8, accepted: 9 }, limits, 20_000)).toEqual([])
    expect(textsOf(pressure.warnings(limits, 49_000))).toEqual([expect.stringContaining('(8 times)')])
    expect(textsOf(pressure.warnings(limits, 51_000))).toEqual([])
    expect(pressure.look({ globalLimit: 9, accepted: 9 }, limits, 60_000)).toHaveLength(1)
  })

  it('has its own words for each, and none for what is no limit', () => {
    const pressure = new Pressure()
    const counters = { clientLimit: 1, descriptorsExhausted: 1, portsExhausted: 1, noNode: 1, resets: 1 }
    expect(pressure.look(counters, limits, 0).map((text) => text.split(' ').slice(0, 5).join(' '))).toEqual([
      'limits.connectionsPerClient: a client wants more',
      'this process has no file',
      'no ephemeral ports are left',
    ])
  })
})
