import { describe, expect, it } from 'vitest'
import { emitIpv4Packet, parseIpv4Packet } from '../../../runtime/wire/ipv4.ts'
import { FIRST, SimulatedGroup } from './simulated-group.ts'

const [A, B, C] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const

const keysOf = (key: string | null) => (key === null ? [] : [key])

function parsed(packet: Uint8Array) {
  const result = parseIpv4Packet(packet)
  if (!result.ok) throw new Error(result.reason)
  return result.packet
}

describe('a warning is given', () => {
  it('when no key is set', () => {
    const group = new SimulatedGroup()
    group.add(A, { keys: [] })
    group.elect(A)
    group.run(2000)
    const warning = 'cluster.key is not set: beacons are not authenticated'
    expect(group.warnings(A)).toEqual([warning])
    expect(group.lines(A).filter((line) => line === warning)).toHaveLength(1)
  })

  it('when two nodes have one priority, on both, whoever leads, until one has another', () => {
    const group = new SimulatedGroup()
    const instances = (priority: number) => [{ name: FIRST, family: 'ipv4', virtualRouterId: 51, priority } as const]
    for (const [address, priority] of [
      [A, 99],
      [B, 89],
      [C, 89],
    ] as const)
      group.add(address, { instances: instances(priority) })
    const warnings = () => [A, B, C].map((address) => group.warnings(address))
    const same = (address: string) => [`${address} has the same priority as this node, 89: the higher address wins`]
    group.elect(A)
    group.run(5000)
    expect(warnings()).toEqual([[], same(C), same(B)])
    group.elect(B)
    group.run(5000)
    expect(warnings()).toEqual([[], same(C), same(B)])
    group.tell(C, { type: 'configured', options: { ...group.node(C).options, instances: instances(79) } })
    group.run(2000)
    expect(warnings()).toEqual([[], [], []])
  })

  it('not when that is wanted so', () => {
    const group = new SimulatedGroup()
    group.add(A, { keys: [], insecure: true })
    group.elect(A)
    group.run(2000)
    expect(group.warnings(A)).toEqual([])
  })

  it('not when the lead goes there, back, and there again, at whatever pace', () => {
    for (const ledMs of [100, 400, 700, 1000, 1500, 2100, 2900]) {
      const group = new SimulatedGroup()
      for (const address of [A, B, C]) group.add(address)
      for (const leader of [B, A, B]) {
        group.elect(leader)
        for (let ms = 0; ms < ledMs; ms += 100) {
          group.run(100)
          expect(group.warnings(C), `each led for ${ledMs} ms`).toEqual([])
        }
      }
    }
  })

  it.each([
    ['another key', 'other', 'their HMAC is wrong'],
    ['no key', null, 'they have no HMAC'],
  ])('when somebody with %s sends in the name of a node whose own beacons are right', (_, key, wrong) => {
    const group = new SimulatedGroup()
    for (const address of [A, B]) group.add(address)
    group.add(C, { keys: ['another'] })
    group.elect(A)
    group.assume(C, C)
    const forged = new SimulatedGroup()
    forged.add(B, { keys: keysOf(key) })
    forged.elect(B)
    for (let s = 0; s < 5; s++) {
      group.run(1000)
      forged.run(1000)
      const { packet } = forged.frames.at(-1)!
      group.transmit({ source: B, destination: '255.255.255.255', packet, atMs: group.nowMs })
    }
    group.run(10)
    expect(group.warnings(A)).toEqual([
      `beacons from ${C} are refused: cluster.key is another one there`,
      `beacons from ${B} are refused: ${wrong}, but others from it are right: somebody sends in its name`,
    ])
    expect(group.health(A)[B]).toBe('ok')
  })

  it('when a node is on another subnet, or behind a router, with a key and without', () => {
    for (const key of ['secret', null]) {
      const group = new SimulatedGroup()
      group.add(A, { keys: keysOf(key), insecure: true, managementPrefixLength: 24 })
      group.add(B, { keys: keysOf(key), insecure: true })
      group.assume(A, A)
      group.assume(B, B)
      group.run(10)
      const { payload } = parsed(group.frames.find(({ source }) => source === B)!.packet)
      const frame = (source: string, ttl: number) =>
        emitIpv4Packet({ source, destination: '255.255.255.255', protocol: 253, ttl, payload })
      const transmit = (source: string, ttl: number) =>
        group.transmit({ source, destination: A, packet: frame(source, ttl), atMs: group.nowMs })
      transmit(B, 64)
      transmit('10.10.75.9', 255)
      group.run(10)
      expect(group.warnings(A)).toEqual([
        `beacons from ${B} are refused: their TTL is not 255, so a router has passed them on; the nodes of a group are on one subnet`,
        `beacons from 10.10.75.9 are refused: it is outside the subnet of ${A}/24`,
      ])
      expect([group.counter(A, 'routed'), group.counter(A, 'outsideSubnet')]).toEqual([1, 1])
    }
  })

  it('on every node when a setting differs, with the node, the setting and both values where they are known', () => {
    const group = new SimulatedGroup()
    group.add(A, { settings: { redirects: '9090>9090', virtualIps: '10.10.74.74/24' } })
    group.add(B, { settings: { redirects: '9090>3128', virtualIps: '10.10.74.74/24' } })
    group.add(C, { settings: { redirects: '9090>9090', virtualIps: '10.10.74.74/24' } })
    group.elect(A)
    group.run(3000)
    expect(group.warnings(A)).toEqual([`setting redirects differs: 9090>3128 at node-86 (${B}), 9090>9090 here`])
    expect(group.warnings(B)).toEqual([`setting redirects differs: 9090>9090 at node-70 (${A}), 9090>3128 here`])
    expect(group.warnings(C)).toEqual([
      `the settings of node-86 (${B}) are not those of the director, whose status names them`,
    ])
  })

  it('when a setting is there on one node only', () => {
    const group = new SimulatedGroup()
    group.add(A, { settings: { forwarding: 'kernel' } })
    group.add(B, { settings: {} })
    group.elect(A)
    group.run(3000)
    expect(group.warnings(A)).toEqual([`setting forwarding differs: not set at node-86 (${B}), kernel here`])
  })

  it('when settings differ only behind what fits into a beacon', () => {
    const group = new SimulatedGroup()
    const long = 'x'.repeat(1000)
    group.add(A, { settings: { virtualIps: `${long}1` } })
    group.add(B, { settings: { virtualIps: `${long}2` } })
    group.elect(A)
    group.run(3000)
    expect(group.warnings(A)).toHaveLength(1)
    expect(group.warnings(A)[0]).toMatch(/^setting virtualIps differs: x+ \(sha256 .{12}\) at node-86/)
  })

  it('when two directors are heard, on themselves and on others, and only after a hand-over would be through', () => {
    const group = new SimulatedGroup()
    for (const address of [A, B, C]) group.add(address)
    group.elect(A)
    group.run(4500)
    group.assume(B, B)
    group.run(500)
    expect(group.warnings(C)).toEqual([])
    group.run(4000)
    for (const address of [A, B, C]) expect(group.warnings(address).join()).toContain('is the network split')
    group.elect(A)
    group.run(5000)
    for (const address of [A, B, C]) expect(group.warnings(address)).toEqual([])
  })

  it.each([
    ['another key', 'other', 'secret', 'cluster.key is another one there'],
    ['no key', null, 'secret', 'cluster.key is not set there'],
    ['a key where we have none', 'other', null, 'cluster.key is set there, but not here'],
  ])('when a node is refused because it has %s, until that is mended', (_, theirs, ours, reason) => {
    const group = new SimulatedGroup()
    group.add(A, { keys: keysOf(ours) })
    group.add(B, { keys: keysOf(theirs) })
    group.assume(A, A)
    group.assume(B, B)
    group.run(3000)
    expect(group.warnings(A)).toContain(`beacons from ${B} are refused: ${reason}`)
    expect(Object.keys(group.health(A))).toEqual([A])
    group.kill(B)
    group.run(11_000)
    expect(group.warnings(A).filter((warning) => warning.includes('refused'))).toEqual([])
  })

  describe('when a node is refused for its virtual router only', () => {
    /** B leads, as A does; the VRID of its first instance is 52. */
    function strangersAfter(theirs: object, ours: object = {}): SimulatedGroup {
      const group = new SimulatedGroup()
      const only = (virtualRouterId: number) => [{ name: FIRST, family: 'ipv4', virtualRouterId } as const]
      group.add(A, { instances: only(51), ...ours })
      group.add(B, { virtualRouterId: 52, instances: only(52), ...theirs })
      group.assume(A, A)
      group.assume(B, B)
      group.run(3000)
      return group
    }

    it('with the virtual IPs of this one: both say which VRIDs, until that is mended', () => {
      const group = strangersAfter({})
      const says = (there: string, theirs: number, ours: number) =>
        `beacons from ${there} are refused: virtualRouterId is ${theirs} there, and ${ours} here, with the same virtual IPs`
      expect(group.warnings(A)).toEqual([says(B, 52, 51)])
      expect(group.warnings(B)).toEqual([says(A, 51, 52)])
      group.kill(B)
      group.run(11_000)
      expect(group.warnings(A)).toEqual([])
    })

    it('which is another instance here: their order differs', () => {
      const both = [51, 52].map((virtualRouterId) => ({
        name: `VI_${virtualRouterId}`,
        family: 'ipv4',
        virtualRouterId,
      }))
      const group = strangersAfter({}, { instances: both })
      expect(group.warnings(A)).toEqual([
        `beacons from ${B} are refused: its first instance has VRID 52, and 51 here: the order of the instances differs`,
      ])
    })

    it.each([
      ['other settings', { settings: { virtualIps: '10.10.74.75/24' } }],
      ['another key', { keys: ['other'] }],
    ])('but not of a neighbouring group, which has %s', (_, theirs) => {
      const group = strangersAfter(theirs)
      expect(group.counter(A, 'otherVirtualRouter')).toBeGreaterThan(0)
      expect(group.warnings(A)).toEqual([])
    })
  })
})

describe('a node that the port monitor has not spoken of', () => {
  it('says nothing about itself', () => {
    const group = new SimulatedGroup()
    const { discovery } = group.add(A)
    group.node(A).discovery = { ...discovery, monitor: null }
    group.elect(A)
    group.run(3000)
    expect(group.counter(A, 'hellosSent')).toBe(0)
    expect(group.describe(A).members).toEqual([])
    group.tell(A, { type: 'monitor', state: 'failure', failedPorts: [3128] })
    group.run(1000)
    expect(group.counter(A, 'hellosSent')).toBe(1)
    expect(group.health(A)).toEqual({ [A]: 'failure' })
  })
})
