import { describe, expect, it } from 'vitest'
import { labTopology } from '../../../../runtime/lab/plan.ts'
import { topologyBatches } from '../../../../runtime/lab/testbed/topology.ts'

const pair = {
  bridge: 'lan',
  prefixLength: 24,
  hosts: { one: ['10.0.0.1'], two: ['10.0.0.2', '10.0.0.3'] },
}

describe('topologyBatches', () => {
  it('wires every host to the bridge, in our own namespace', () => {
    expect(topologyBatches(pair)[0]).toEqual({
      namespace: undefined,
      lines: [
        'link add lan type bridge stp_state 0 forward_delay 0 mcast_snooping 0',
        'link set lan up',
        'link set lo up',
        'netns add one',
        'link add to-one type veth peer name eth0 netns one',
        'link set to-one master lan up',
        'netns add two',
        'link add to-two type veth peer name eth0 netns two',
        'link set to-two master lan up',
      ],
    })
  })

  it('gives each host its addresses in its own namespace, the primary one first', () => {
    expect(topologyBatches(pair).slice(1)).toEqual([
      { namespace: 'one', lines: ['link set lo up', 'link set eth0 up', 'addr add 10.0.0.1/24 dev eth0'] },
      {
        namespace: 'two',
        lines: ['link set lo up', 'link set eth0 up', 'addr add 10.0.0.2/24 dev eth0', 'addr add 10.0.0.3/24 dev eth0'],
      },
    ])
  })

  it('names no interface longer than the 15 characters that the kernel takes', () => {
    const names = topologyBatches(labTopology)[0]?.lines.map((line) => /^link add (\S+)/.exec(line)?.[1] ?? '')
    expect(names).toHaveLength(18)
    expect(Math.max(...(names ?? []).map((name) => name.length))).toBeLessThanOrEqual(15)
  })
})
