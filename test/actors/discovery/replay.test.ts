import { describe, expect, it } from 'vitest'
import { type Frame, SimulatedGroup, settledGroup } from './simulated-group.ts'

const [A, B, C] = ['10.10.74.70', '10.10.74.86', '10.10.74.87'] as const

const settled = (key: string | null = 'secret') => settledGroup([A, B, C], { keys: key === null ? [] : [key] })

const ordered = (address: string, draining: boolean) =>
  ({ type: 'drainOrder', address, wish: { draining, maintMs: null } }) as const
const framesOf = (group: SimulatedGroup, source: string): Frame[] =>
  group.frames.filter((frame) => frame.source === source)

/** Plays frames back, as they were sent, again and again for so long. */
function playBack(group: SimulatedGroup, frames: readonly Frame[], forMs: number): void {
  for (let ms = 0; ms < forMs; ms += 250) {
    for (const frame of frames) group.transmit(frame)
    group.run(250)
  }
}

/** A virtual machine is put back to what it was then. */
function putBack(group: SimulatedGroup, address: string, then: { readonly discovery: unknown }): void {
  const node = group.node(address)
  node.discovery = then.discovery as typeof node.discovery
  node.life++
  group.tell(address, { type: 'timerExpired', timer: 'beat' })
}

describe('what was recorded, played back by a stranger without the key,', () => {
  it.each([
    ['that has just started', 0],
    ['that has found its director', 2500],
  ])('does not drain a node %s', (_, aloneMs) => {
    const group = settled()
    group.tell(A, ordered(B, true))
    group.run(1500)
    group.tell(A, ordered(B, false))
    group.run(1500)
    const recorded = framesOf(group, A)
    group.kill(B)
    group.run(2000)
    group.restart(B)
    group.assume(B, A)
    group.run(aloneMs)
    playBack(group, recorded, 3000)
    expect(group.node(B).discovery.draining).toBe(false)
    expect(group.health(A)[B]).toBe('ok')
  })

  it('does not drain a node while its director is away', () => {
    const group = settled()
    group.tell(A, ordered(B, true))
    group.run(1500)
    group.tell(A, ordered(B, false))
    group.run(1500)
    const recorded = framesOf(group, A)
    for (const address of [A, B]) group.kill(address)
    group.run(2000)
    group.restart(B)
    group.assume(B, A)
    playBack(group, recorded, 5000)
    expect(group.node(B).discovery.draining).toBe(false)
    expect(group.health(B)).toEqual({ [B]: 'ok' })
  })

  it.each([
    ['to a node that has been there', false],
    ['to a node that has started anew as well', true],
  ])('of an old epoch shuts no live director out, %s', (_, restarts) => {
    const group = settled()
    const recorded = framesOf(group, A)
    group.kill(A)
    if (restarts) group.kill(B)
    group.run(5000)
    group.restart(A)
    if (restarts) group.restart(B)
    group.elect(A)
    playBack(group, recorded, 2250)
    for (let ms = 0; ms < 20_000; ms += 250) {
      playBack(group, recorded, 250)
      expect(group.health(A)).toEqual({ [A]: 'ok', [B]: 'ok', [C]: 'ok' })
      expect(group.health(B)[A]).toBe('ok')
    }
  })

  it('does not revive a dead node at a director that has just started', () => {
    const group = settled()
    const recorded = framesOf(group, B)
    group.kill(A)
    group.kill(B)
    group.run(5000)
    group.restart(A)
    group.elect(A)
    group.run(1000)
    playBack(group, recorded, 6000)
    expect(group.health(A)).toEqual({ [A]: 'ok', [C]: 'ok' })
    expect(group.shares(A)[B]).toBeUndefined()
  })

  it('and was kept from its receiver, does not revive a dead node when it comes late', () => {
    const group = settled()
    group.isLost = (frame, to) => frame.source === B && to === A
    group.run(3000)
    const kept = framesOf(group, B).filter(({ atMs }) => atMs > 4500)
    group.isLost = () => false
    group.kill(B)
    group.run(12_000)
    expect(kept.length).toBeGreaterThan(2)
    expect(group.health(A)[B]).toBe('stale')
    playBack(group, kept, 2000)
    expect(group.health(A)[B]).toBe('stale')
  })

  it('to another node than it was sent to, is dropped', () => {
    const group = settled()
    const reports = framesOf(group, B).filter(({ destination }) => destination === A)
    group.elect(C)
    group.run(3000)
    for (const frame of reports) group.transmit({ ...frame, destination: C })
    group.run(2)
    expect(group.counter(C, 'wrongDestination')).toBe(reports.length)
  })

  it('is said by the status, where it tells which beacons are right', () => {
    const group = settled()
    const recorded = framesOf(group, B)
    playBack(group, recorded, 2000)
    expect(group.warnings(A)).toEqual([
      `beacons from ${B} are refused: they are old, but others from it are right: somebody plays back a recording, or the network doubles packets`,
    ])
    group.run(12_000)
    expect(group.warnings(A)).toEqual([])
  })
})

describe('a start', () => {
  it('of a director: it knows its nodes, and they know it, within two intervals', () => {
    const group = settled()
    group.kill(A)
    group.run(10_000)
    group.restart(A)
    group.elect(A)
    group.run(50)
    expect(group.health(A)).toEqual({ [A]: 'ok', [B]: 'ok', [C]: 'ok' })
    for (const address of [B, C]) expect(group.health(address)[A]).toBe('ok')
    group.run(2000)
    for (const address of [B, C]) expect(group.owners(address)).toEqual(group.owners(A))
  })

  it('of a node: its director is known, and has given it what it needs, within two intervals', () => {
    const group = settled()
    group.kill(B)
    group.run(10_000)
    group.restart(B)
    group.assume(B, A)
    group.run(2000)
    expect(group.health(A)[B]).toBe('ok')
    expect(group.owners(B)).toEqual(group.owners(A))
    expect(group.node(B).caughtUpAtMs).not.toEqual([])
  })

  it('of all nodes at once, with several directors', () => {
    const group = new SimulatedGroup()
    for (const address of [A, B, C]) group.add(address)
    group.elect(A, 'VI_51')
    group.elect(B, 'VI_52')
    group.run(2000)
    for (const address of [A, B, C]) expect(group.owners(address)).toEqual(group.owners(A))
    expect(group.health(A)).toEqual({ [A]: 'ok', [B]: 'ok', [C]: 'ok' })
    expect(group.health(B)).toEqual({ [A]: 'ok', [B]: 'ok', [C]: 'ok' })
  })
})

describe('a hello that does not name its receiver', () => {
  it('is answered twice an interval at most, however often it is played back', () => {
    const group = settled()
    const recorded = framesOf(group, A).slice(0, 1)
    group.kill(A)
    group.run(10_000)
    const before = group.counter(B, 'reportsSent')
    for (let ms = 0; ms < 10_000; ms += 10) {
      for (const frame of recorded) group.transmit(frame)
      group.run(10)
    }
    expect(group.counter(B, 'reportsSent') - before).toBeLessThanOrEqual(21)
    expect(group.node(B).discovery.claims.size).toBeLessThanOrEqual(256)
  })

  it('again and again is told: its sender does not hear this node', () => {
    const group = settled()
    group.isLost = (frame, to) => frame.source === B && to === A
    group.run(70_000)
    expect(group.warnings(B)).toEqual([
      `hellos from ${A} are refused: they do not name this node: does IP protocol 253 not arrive there, or does somebody play back a recording?`,
    ])
    group.isLost = () => false
    group.run(5000)
    expect(group.warnings(B)).toEqual([])
    expect(group.health(A)[B]).toBe('ok')
  })
})

describe('a virtual machine that is put back to a snapshot', () => {
  const text = 'was it put back to a snapshot'

  it.each([
    ['a scanning node', B],
    ['the director', A],
  ])('says so at once, and goes on under a new epoch: %s', (_, address) => {
    const group = settled()
    const then = { ...group.node(address) }
    group.run(60_000)
    putBack(group, address, then)
    group.run(1100)
    expect(group.lines(address).join()).toContain(text)
    expect(group.warnings(address).join()).toContain(text)
    group.run(1000)
    const seen = address === A ? group.health(B)[A] : group.health(A)[B]
    expect(seen).toBe('ok')
    expect(group.node(address).discovery.epoch).not.toBe(then.discovery.epoch)
    const other = address === A ? B : A
    const member = group.describe(other).members.find((one) => one.address === address)
    expect(member?.lastSeenMs).toBeLessThan(1100)
    group.run(61_000)
    for (const one of [A, B, C]) expect(group.warnings(one)).toEqual([])
  })

  it('from before a restart is believed again, although its epoch was over', () => {
    const group = settled()
    const then = { ...group.node(B) }
    group.kill(B)
    group.run(1000)
    group.restart(B)
    group.assume(B, A)
    group.run(30_000)
    putBack(group, B, then)
    group.run(2000)
    const member = group.describe(A).members.find(({ address }) => address === B)
    expect(member).toMatchObject({ health: 'ok' })
    expect(member?.lastSeenMs).toBeLessThan(1100)
  })
})

describe('without a key', () => {
  /** What a stranger can make of a beacon of a node: its sequence is not protected. */
  const withSequence = ({ packet, ...frame }: Frame, sequence: number): Frame => {
    const forged = Uint8Array.from(packet)
    new DataView(forged.buffer).setUint32(20 + 24, sequence)
    return { ...frame, packet: forged }
  }

  it.each([
    ['of a scanning node', B, A],
    ['of the director', A, B],
  ])('one packet with the highest sequence, in the name %s, does not end it', (_, source, to) => {
    const group = settled(null)
    const last = framesOf(group, source).at(-1)!
    group.transmit(withSequence(last, 0xffff_ffff))
    for (let ms = 0; ms < 10_000; ms += 100) {
      group.run(100)
      expect(group.health(to)[source]).toBe('ok')
    }
    expect(group.lines(source).join()).toContain('does somebody send in its name')
    const member = group.describe(to).members.find(({ address }) => address === source)
    expect(member?.lastSeenMs).toBeLessThan(1100)
  })

  it('recordings of before its start do not drain a node', () => {
    const group = settled(null)
    group.tell(A, ordered(B, true))
    group.run(1500)
    group.tell(A, ordered(B, false))
    group.run(1500)
    const recorded = framesOf(group, A)
    group.kill(B)
    group.run(2000)
    group.restart(B)
    group.assume(B, A)
    playBack(group, recorded, 3000)
    expect(group.node(B).discovery.draining).toBe(false)
    expect(group.health(A)[B]).toBe('ok')
  })
})

describe('while beacons are lost on the host of the director', () => {
  it('a node that is not heard is not called stale for 13 intervals, instead of 3', () => {
    const group = settled()
    group.kill(B)
    const suffer = (forMs: number) => {
      for (let ms = 0; ms < forMs; ms += 250) {
        group.tell(A, { type: 'beaconsLost' })
        group.run(250)
      }
    }
    suffer(11_000)
    expect(group.health(A)[B]).toBe('ok')
    expect(group.shares(A)[B]).toBeGreaterThan(1000)
    suffer(3000)
    expect(group.health(A)[B]).toBe('stale')
  })

  it('and are no more, the usual patience holds soon', () => {
    const group = settled()
    group.tell(A, { type: 'beaconsLost' })
    group.kill(B)
    group.run(4500)
    expect(group.health(A)[B]).toBe('stale')
  })
})
