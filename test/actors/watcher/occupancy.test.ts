import { describe, expect, test } from 'vitest'
import { Bench, down, healthy, holding, MASTER, MASTER_MAC, STRANGER_MAC, settings, VIP } from './bench.ts'

const PROBE = `0.0.0.0 > ${VIP}`
const occupied = { type: 'occupied', address: VIP, mac: STRANGER_MAC }
const vacant = { type: 'vacant', address: VIP }
const known = (): Bench => new Bench().hears(MASTER).sees({ senderAddress: MASTER, senderMac: MASTER_MAC })

/** How often the address is asked for, in each of the next 20 seconds. */
const probesOf = (bench: Bench): readonly number[] =>
  Array.from(
    { length: 20 },
    () =>
      bench
        .tick()
        .asked()
        .filter((asked) => asked === PROBE).length,
  )

describe('probes (RFC 5227)', () => {
  test('go out at the start, before any takeover can be due, and when the cable is back', () => {
    expect(new Bench().asked()).toContain(PROBE)
    expect(new Bench(down).becomes(healthy).asked()).toContain(PROBE)
  })

  test('come each second at first and later every five, never for what is held here', () => {
    const bench = new Bench()
    const rounds = probesOf(bench)
    expect(rounds.slice(0, 3)).toEqual([1, 1, 1])
    expect(rounds.slice(5).reduce((sum, count) => sum + count)).toBe(3)
    expect(new Bench(holding).tick().asked()).not.toContain(PROBE)
  })

  test('at most 16 a second, in turn', () => {
    const virtualIps = Array.from({ length: 40 }, (_, index) => `10.0.1.${index + 1}`)
    const bench = new Bench(healthy, { ...settings, virtualIps, trackGateway: false })
    const rounds = [bench.asked(), bench.tick().asked(), bench.tick().asked()]
    expect(rounds.map(({ length }) => length)).toEqual([16, 16, 16])
    expect(new Set(rounds.flat()).size).toBe(40)
  })
})

describe('who answers for a virtual IP', () => {
  test('three probes long without being a master: the announcer is told with the MAC, once', () => {
    const bench = new Bench().insists({})
    expect(bench.sent('announcer')).toEqual([occupied])
    expect(bench.sees({}).sent('announcer')).toEqual([])
    expect(bench.tick().sees({}).sent('announcer')).toEqual([])
  })

  test('once or twice: it may be a master that this node is about to preempt, and the address is not withheld', () => {
    const bench = new Bench().sees({})
    expect(bench.sent('announcer')).toEqual([])
    expect(bench.tick().sees({}).sent('announcer')).toEqual([])
    expect(bench.sees({}).sent('announcer')).toEqual([])
  })

  test('one after another: the address is free of the first before it is the second’s', () => {
    const bench = new Bench().insists({})
    expect(bench.sees({ senderMac: MASTER_MAC }).sent('announcer')).toEqual([vacant])
    expect(
      bench.tick().sees({ senderMac: MASTER_MAC }).tick().sees({ senderMac: MASTER_MAC }).sent('announcer'),
    ).toEqual([{ ...occupied, mac: MASTER_MAC }])
  })

  test('three rounds long: a warning that names it', () => {
    const bench = known()
    for (let round = 0; round < 3; round++) {
      expect(bench.warnings()).toEqual([])
      bench.tick().sees({})
    }
    expect(bench.warnings()).toEqual([
      `${VIP} is held by ${STRANGER_MAC}, which is no VRRP master: it would not be added here`,
    ])
  })

  test('the master that is heard is no stranger', () =>
    expect(known().sees({ senderMac: MASTER_MAC }).sent('announcer')).toEqual([]))

  test('a dead master’s kernel is no stranger: its MAC is known', () => {
    expect(known().hears(null).sees({ senderMac: MASTER_MAC }).sent('announcer')).toEqual([])
  })

  test('with the MAC of the virtual router: a master', () => {
    expect(new Bench().insists({ senderMac: '00:00:5e:00:01:33' }).sent('announcer')).toEqual([])
    expect(new Bench().insists({ senderMac: '00:00:5e:00:01:34' }).sent('announcer')).toHaveLength(1)
  })

  test('and is the master of which no advert was heard yet: taken back as soon as one is', () => {
    const bench = new Bench().insists({ senderMac: MASTER_MAC })
    expect(bench.sent('announcer')).toHaveLength(1)
    expect(bench.hears(MASTER).asked()).toEqual([`10.0.0.1 > ${MASTER}`])
    expect(bench.sees({ senderAddress: MASTER, senderMac: MASTER_MAC }).sent('announcer')).toEqual([vacant])
  })

  test('while a master is heard that does not answer for itself: taken for that master', () => {
    expect(new Bench().hears(MASTER).insists({}).sent('announcer')).toEqual([])
  })

  test('while the silent master is that of another virtual router: a stranger', () => {
    const bench = new Bench().hears(MASTER, 'elector-b', ['10.0.0.6'])
    expect(bench.insists({}).sent('announcer')).toEqual([occupied])
  })

  test('with the MAC of the master of another virtual router: no stranger, it may have been master of this one', () => {
    const bench = known().hears('10.0.0.3', 'elector-b', ['10.0.0.6'])
    bench.sees({ senderAddress: '10.0.0.3', senderMac: '02:00:00:00:00:03' })
    expect(bench.insists({ senderMac: '02:00:00:00:00:03' }).sent('announcer')).toEqual([])
  })

  test('beside the master: a stranger all the same', () => {
    expect(known().insists({}).sent('announcer')).toEqual([occupied])
  })

  test('to somebody else, or announces it: a new master may, and this node has not heard of it yet', () => {
    expect(known().sees({ targetMac: MASTER_MAC }).sent('announcer')).toEqual([])
    expect(known().sees({ form: 'announcement' }).sent('announcer')).toEqual([])
  })

  test('no more: free after three probes without an answer, and said so', () => {
    const bench = new Bench().insists({})
    for (let round = 0; round < 3; round++) {
      bench.tick()
      expect(bench.asked()).toContain(PROBE)
      expect(bench.sent('announcer')).toEqual([])
    }
    expect(bench.tick().sent('announcer')).toEqual([vacant])
  })

  test('an announcer that restarts is told again', () => {
    const bench = new Bench().insists({}).feed({ type: 'peerUp', peer: 'announcer' })
    expect(bench.sent('announcer')).toEqual([occupied])
    expect(new Bench().sees({}).feed({ type: 'peerUp', peer: 'announcer' }).sent('announcer')).toEqual([])
  })

  test('what is held here is occupied by nobody else', () => {
    expect(new Bench().insists({}).becomes(holding).sent('announcer')).toContainEqual(vacant)
  })

  test('64 masters at most are remembered', () => {
    const bench = new Bench()
    for (let node = 0; node < 200; node++) {
      const address = `10.0.2.${node}`
      bench
        .hears(address)
        .sees({ senderAddress: address, senderMac: `02:00:00:00:01:${node.toString(16).padStart(2, '0')}` })
    }
    expect(bench.state.masterMacs.size).toBe(64)
    expect(bench.state.masterMacs.has('10.0.2.199')).toBe(true)
  })
})

const announcedOnce = `${STRANGER_MAC} announced ${VIP}, which is held here: it is announced anew`
const announcedAsWell = `${VIP} is held here, and ${STRANGER_MAC} announces it as well`

test('somebody announces what is held here, and answers for it: a warning until its host is silent for 20 s, the address stays', () => {
  const bench = new Bench(holding).sees({ form: 'announcement' })
  expect(bench.warnings()).toEqual([])
  const asked = bench.sees({ form: 'announcement' }).tick()
  expect(asked.logged()).toEqual([announcedOnce])
  expect(asked.asked()).toContain(PROBE)
  expect(asked.warnings()).toEqual([])
  const answered = bench.sees({}).tick()
  expect(answered.logged()).toEqual([announcedAsWell])
  expect(answered.tick().logged()).toEqual([])
  expect(bench.warnings()).toEqual([announcedAsWell])
  bench.nowMs += 17_000
  expect(bench.warnings()).toHaveLength(1)
  bench.nowMs += 2000
  expect(bench.warnings()).toEqual([])
})

test('a second master of a moment, who has yielded when it is asked: announced anew, a line in the log, no warning', () => {
  const bench = new Bench(holding).sees({ form: 'announcement' }).tick()
  expect(bench.logged()).toEqual([announcedOnce])
  expect(bench.sent('announcer')).toEqual([{ type: 'contested', address: VIP }])
  for (let second = 0; second < 20; second++) {
    bench.tick()
    expect([...bench.warnings(), ...bench.logged(), ...bench.sent('announcer')]).toEqual([])
  }
})

test('who claims one of many is asked with each round, so that the warning neither stays nor comes and goes', () => {
  const virtualIps = Array.from({ length: 256 }, (_, index) => `10.0.1.${index}`)
  const addresses = virtualIps.map((address) => ({ address, prefixLength: 24 }))
  const [claimed] = virtualIps
  const bench = new Bench({ ...healthy, addresses: [...healthy.addresses, ...addresses] }, { ...settings, virtualIps })
  bench.sees({ form: 'announcement', senderAddress: claimed! }).tick()
  const rounds = Array.from({ length: 20 }, () =>
    bench
      .tick()
      .asked()
      .filter((line) => line.endsWith(` ${claimed}`)),
  )
  expect(rounds.filter((asked) => asked.length === 1)).toHaveLength(4)
})

test('what is held here is asked for every five seconds, and announced anew as long as somebody else answers, once a second at most', () => {
  const bench = new Bench(holding)
  const rounds = probesOf(bench)
  expect(rounds.reduce((sum, count) => sum + count)).toBe(4)
  const contested = { type: 'contested', address: VIP }
  for (let answer = 0; answer < 50; answer++) bench.sees({})
  expect(bench.sent('announcer')).toEqual([])
  expect(bench.tick().sent('announcer')).toEqual([contested])
  expect(bench.tick().sent('announcer')).toEqual([])
  for (let answer = 0; answer < 50; answer++) bench.sees({})
  expect(bench.tick().sent('announcer')).toEqual([contested])
  expect(bench.warnings()).toEqual([announcedAsWell])
})

test('at a takeover the successor announces what is still held for a moment: no warning', () => {
  const bench = new Bench(holding).sees({ form: 'announcement' }).becomes({ ...holding, addresses: [] })
  expect(bench.tick().logged()).toEqual([])
  expect(bench.becomes(holding).tick().logged()).toEqual([])
  expect(bench.warnings()).toEqual([])
})

test('a master of IPv6 is not asked for where this node has no address of IPv6 to ask from', () => {
  const bench = new Bench().hears('fe80::86')
  expect(bench.asked()).toEqual([])
  expect(bench.tick().asked().join()).not.toContain('fe80')
})

describe('a virtual IP of IPv6', () => {
  const [VIP6, MASTER6, OWN6] = ['2001:db8::5', 'fe80::2', 'fe80::1']
  const bench = () =>
    new Bench(
      { ...healthy, addresses: [...healthy.addresses, { address: OWN6, prefixLength: 64 }] },
      { ...settings, virtualIps: [VIP6], linkLocalAddress: OWN6, trackGateway: false },
    )

  test('is asked for from the link-local address', () => {
    expect(bench().asked()).toEqual([`${OWN6} > ${VIP6}`])
    expect(bench().hears(MASTER6, 'elector', [VIP6]).asked()).toEqual([`${OWN6} > ${MASTER6}`])
  })

  test('that somebody answers for is occupied, but not by a master, nor by a virtual router’s MAC', () => {
    const answer = { senderAddress: VIP6 }
    expect(bench().insists(answer).sent('announcer')).toEqual([{ ...occupied, address: VIP6 }])
    const known = bench().hears(MASTER6, 'elector', [VIP6]).sees({ senderAddress: MASTER6, senderMac: MASTER_MAC })
    expect(known.insists({ ...answer, senderMac: MASTER_MAC }).sent('announcer')).toEqual([])
    expect(
      bench()
        .insists({ ...answer, senderMac: '00:00:5e:00:02:33' })
        .sent('announcer'),
    ).toEqual([])
  })

  test('this node’s own adverts make it no stranger’s master', () => {
    const own = bench().hears(OWN6, 'elector', [VIP6])
    expect(own.state.masters.size).toBe(0)
  })
})

test('the fast path, where there is one, is told of whoever else speaks for a virtual IP, master or not', () => {
  const announces = (bench: Bench) => bench.sees({ senderAddress: VIP, senderMac: MASTER_MAC, form: 'announcement' })
  expect(announces(known().feed({ type: 'peerDown', peer: 'fast-path' })).sent('fast-path')).toEqual([])
  const bench = announces(known())
  expect(bench.sent('fast-path')).toEqual([{ type: 'spokenFor', address: VIP, mac: MASTER_MAC }])
  expect(bench.sees({ senderAddress: MASTER, senderMac: MASTER_MAC }).sent('fast-path')).toEqual([])
})

describe('other virtual IPs while it runs', () => {
  const OTHER = '10.0.0.6'
  const configured = (...virtualIps: readonly string[]) =>
    ({ type: 'configured', options: { ...settings, virtualIps } }) as const

  test('a new one is asked for at once, and who has it is certain within two seconds', () => {
    const bench = new Bench().feed(configured(VIP, OTHER))
    expect(bench.asked()).toEqual([`0.0.0.0 > ${OTHER}`])
    bench.insists({ senderAddress: OTHER })
    expect(bench.sent('announcer')).toEqual([{ ...occupied, address: OTHER }])
  })

  test('one that nobody answers for in three rounds is free, and that is told; each round asks for it', () => {
    const bench = new Bench().feed(configured(VIP, OTHER))
    for (let round = 0; round < 2; round++) {
      expect(bench.tick().asked()).toContain(`0.0.0.0 > ${OTHER}`)
      expect(bench.sent('announcer')).toEqual([])
    }
    expect(bench.tick().sent('announcer')).toEqual([{ type: 'vacant', address: OTHER }])
    expect(bench.tick().sent('announcer')).toEqual([])
  })

  test('one that is answered for once, and then no more, is asked for from the beginning', () => {
    const bench = new Bench().feed(configured(VIP, OTHER)).sees({ senderAddress: OTHER })
    const vacancies = Array.from({ length: 10 }, () => bench.tick().sent('announcer')).flat()
    expect(vacancies).toEqual([{ type: 'vacant', address: OTHER }])
  })

  test('one that is gone is told of no more', () => {
    const bench = new Bench().insists({})
    expect(bench.warnings()).toHaveLength(1)
    expect(bench.feed(configured(OTHER)).warnings()).toEqual([])
    const claimed = new Bench(holding).sees({ form: 'reply' }).tick().sees({ form: 'reply' }).tick().tick()
    expect(claimed.warnings()).toHaveLength(1)
    expect(claimed.feed(configured(OTHER)).warnings()).toEqual([])
  })
})
