import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { BEACON_MAX_BODY_BYTES, type BeaconType } from '../../../../runtime/wire/beacon/beacon.ts'
import {
  type AssignmentBody,
  type ClientsBody,
  type HelloBody,
  type HoldersBody,
  type OrderBody,
  packBeaconBody,
  parseBeaconBody,
  type ReportBody,
} from '../../../../runtime/wire/beacon/body.ts'
import type { BeaconNode } from '../../../../runtime/wire/beacon/node.ts'

const packr = new Packr({ useRecords: false })
const TYPES: readonly BeaconType[] = ['hello', 'report', 'assignment', 'clients', 'order', 'forget']

const bytesOf = (hex: string) => Buffer.from(hex, 'hex')

const node: BeaconNode = {
  name: 'jupiter',
  mac: '02:00:00:00:00:46',
  monitor: 'ok',
  draining: false,
  cpu: 0.25,
  memory: 0.5,
  pressure: null,
  activeConnections: 1234,
  capacity: 250,
  agent: 0.75,
  failedPorts: [3128, 443],
  forwarding: 'kernel',
  drained: false,
  maint: 'due',
  reads: 5,
  traffic: { connections: 7, failed: 1, bytesIn: 2 ** 40, bytesOut: Number.MAX_SAFE_INTEGER },
  priorities: new Map([
    [51, 99],
    [256 + 51, 255],
  ]),
}
const said = {
  generation: 7,
  leaving: false,
  settingsDigest: '0123456789abcdef',
  settings: { virtualIps: '10.10.74.74/24' },
  node,
}
const report: ReportBody = { ...said, type: 'report', missed: [] }
const hello: HelloBody = {
  ...said,
  type: 'hello',
  leads: [51, 256 + 51],
  established: true,
  roster: [
    {
      address: '10.10.74.86',
      ageMs: 40,
      stale: false,
      left: false,
      settingsDiffer: true,
      node: { ...node, pressure: 0.125 },
    },
  ],
}
const assignment: AssignmentBody = {
  type: 'assignment',
  generation: 9,
  nodes: ['10.10.74.70', '10.10.74.86'],
  slots: Uint8Array.from({ length: 4096 }, (_, slot) => (slot === 0 ? 255 : slot % 2)),
  tied: [],
}

const clients: ClientsBody = {
  type: 'clients',
  all: true,
  generation: 0xffff_ffff,
  clients: [
    { address: '10.10.74.201', silentMs: 0, connections: [] },
    {
      address: '10.10.74.202',
      silentMs: 240,
      connections: [
        { clientPort: 40_000, virtualIp: '10.10.74.74', proxyPort: 3128 },
        { clientPort: 65_535, virtualIp: '10.10.74.75', proxyPort: 1 },
      ],
    },
    {
      address: 'fd00:74::201',
      silentMs: 240,
      connections: [{ clientPort: 40_000, virtualIp: 'fd00:74::74', proxyPort: 3128 }],
    },
  ],
}

const order: OrderBody = { type: 'order', node: '10.10.74.86', draining: true, maintMs: 30_000 }

const holders: HoldersBody = { type: 'holders', all: true, holders: [{ client: '10.10.74.201', connections: 7 }] }

const printable = (maxLength: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength })
    .filter((text) => text.length <= maxLength && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text))
const count = fc.maxSafeNat()
const share = fc.integer({ min: 0, max: 1000 }).map((value) => value / 1000)
const anyNode: fc.Arbitrary<BeaconNode> = fc.record({
  name: printable(64),
  mac: fc.constantFrom('00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '02:42:0a:0a:4a:46'),
  monitor: fc.constantFrom('ok', 'failure'),
  draining: fc.boolean(),
  cpu: share,
  memory: share,
  pressure: fc.option(share),
  activeConnections: fc.integer({ min: 0, max: 0xffff_ffff }),
  capacity: fc.integer({ min: 1, max: 1000 }),
  agent: fc.option(share),
  failedPorts: fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 16 }),
  forwarding: fc.constantFrom('workers', 'kernel'),
  drained: fc.boolean(),
  maint: fc.constantFrom('off', 'on', 'due'),
  reads: fc.integer({ min: 5, max: 255 }),
  traffic: fc.option(fc.record({ connections: count, failed: count, bytesIn: count, bytesOut: count })),
  priorities: fc
    .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 255 })), {
      maxLength: 8,
      selector: ([router]) => router,
    })
    .map((pairs) => new Map(pairs)),
})

describe('a body', () => {
  it('has these bytes for a report', () => {
    expect(Buffer.from(packBeaconBody(report)).toString('hex')).toBe(
      '9507c2c4080123456789abcdef9192aa7669727475616c497073ae31302e31302e37342e37342f3234dc0014a76a757069746572c406020000000046c3c2ccfacd01f4c0cd04d2ccfacd02eec4040c3801bbc3c202c4060033630133ff050701cb4270000000000000cb433fffffffffffff',
    )
  })

  it('is unpacked to what was packed', () => {
    for (const body of [hello, report, { ...report, missed: hello.roster }, assignment, clients, order]) {
      expect(parseBeaconBody(body.type, packBeaconBody(body))).toEqual(body)
    }
  })

  it('is read by a version before: what is added behind the fields of now is skipped, up to a bound', () => {
    const later = (count: number) => Array.from({ length: count }, (_, index) => [null, 'later', [1, [2]]][index % 3])
    const nodeAt = { hello: 4, report: 4 }
    for (const body of [hello, report, { ...report, missed: hello.roster }, assignment, clients, order, holders]) {
      for (const count of [1, 14]) {
        const fields = packr.unpack(Buffer.from(packBeaconBody(body)))
        const at = nodeAt[body.type as 'hello']
        if (at !== undefined) fields[at].push(...later(count))
        if (body.type === 'hello') {
          fields[7] = fields[7].map((entry: unknown[]) => [...entry, ...later(count)])
        }
        // A report without `missed` has nothing at its place that would be later.
        if (body.type === 'report' && fields.length === 5) fields.push([])
        // Nor has an assignment without tied clients.
        if (body.type === 'assignment' && fields.length === 3) fields.push(new Uint8Array(), new Uint8Array())
        fields.push(...later(count))
        expect(parseBeaconBody(body.type, packr.pack(fields))).toEqual(body)
        expect(parseBeaconBody(body.type, packr.pack([...fields, ...later(17)]))).toBeUndefined()
      }
    }
  })

  it('of a node that does not say what it reads, or what it has served, is of one that reads the oldest version, and has not counted', () => {
    const fields = packr.unpack(Buffer.from(packBeaconBody(report)))
    fields[4].length = 15
    expect(parseBeaconBody('report', packr.pack(fields))).toEqual({
      ...report,
      node: { ...report.node, reads: 5, traffic: null },
    })
  })

  it('has room for 4096 clients of IPv4 and 512 of IPv6; more are left out', () => {
    const many = (family: (index: number) => string, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        address: family(index),
        silentMs: index < 2 ? 0 : 16,
        connections: [],
      }))
    const ipv4 = many((index) => `10.1.${index >> 8}.${index & 255}`, 5000)
    const ipv6 = many((index) => `fd00::${(index + 1).toString(16)}`, 600)
    const bytes = packBeaconBody({ type: 'clients', all: false, generation: 9, clients: [...ipv4, ...ipv6] })
    expect(bytes.length).toBeLessThanOrEqual(BEACON_MAX_BODY_BYTES)
    expect(parseBeaconBody('clients', bytes)).toEqual({
      type: 'clients',
      all: false,
      generation: 9,
      clients: [...ipv4.slice(0, 4096), ...ipv6.slice(0, 512)],
    })
  })

  it('tells how long a client is silent, from nothing to a year, to a twelfth', () => {
    const told = (silentMs: number) => {
      const body: ClientsBody = {
        type: 'clients',
        all: false,
        generation: 9,
        clients: [{ address: '10.0.0.1', silentMs, connections: [] }],
      }
      return (parseBeaconBody('clients', packBeaconBody(body)) as ClientsBody).clients[0]!.silentMs
    }
    for (const silentMs of [16, 100, 1000, 60_000, 3_600_000, 31_536_000_000]) {
      expect(Math.abs(told(silentMs) - silentMs)).toBeLessThan(silentMs / 12)
    }
    expect([told(-1), told(Number.NaN), told(0)]).toEqual([0, 0, 0])
    expect(told(Number.POSITIVE_INFINITY)).toBeGreaterThan(31_536_000_000)
  })

  it.each([
    ['no list', [true, 4, new Uint8Array(), new Uint8Array()]],
    ['half an address', [true, new Uint8Array(5), new Uint8Array(), new Uint8Array(1)]],
    ['too many', [true, new Uint8Array(4 * 4097), new Uint8Array(), new Uint8Array(4097)]],
    ['a silence less', [true, new Uint8Array(8), new Uint8Array(16), new Uint8Array(2)]],
    ['no silences', [true, new Uint8Array(), new Uint8Array()]],
    ['no flag', [1, new Uint8Array(), new Uint8Array(), new Uint8Array()]],
    ['a field more', [true, new Uint8Array(), new Uint8Array(), new Uint8Array(), 1]],
  ])('of clients is refused with %s', (_, value) => {
    expect(parseBeaconBody('clients', Uint8Array.from(packr.pack(value)))).toBeUndefined()
  })

  it.each([
    ['no address', [0, true]],
    ['no flag', [1, 1]],
    ['a field more', [1, true, true]],
  ])('of an order is refused with %s', (_, value) => {
    expect(parseBeaconBody('order', Uint8Array.from(packr.pack(value)))).toBeUndefined()
  })

  it('of a report is refused with more nodes missed than it may name, or one twice', () => {
    const at = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ ...hello.roster[0]!, address: `10.0.0.${index + 1}` }))
    const parsed = (missed: ReportBody['missed']) => parseBeaconBody('report', packBeaconBody({ ...report, missed }))
    expect(parsed(at(8))).toEqual({ ...report, missed: at(8) })
    expect(parsed(at(9))).toBeUndefined()
    expect(parsed([...at(1), ...at(1)])).toBeUndefined()
  })

  it.each([
    ['no address', [0]],
    ['a text', ['mars']],
    ['nothing', []],
  ])('of an order to forget is refused with %s', (_, value) => {
    expect(parseBeaconBody('forget', Uint8Array.from(packr.pack(value)))).toBeUndefined()
    expect(parseBeaconBody('forget', packBeaconBody({ type: 'forget', node: '10.10.74.86' }))).toEqual({
      type: 'forget',
      node: '10.10.74.86',
    })
  })

  it('is unpacked to what was packed, for any figures', () => {
    fc.assert(
      fc.property(anyNode, anyNode, fc.integer({ min: 0, max: 0xffff_ffff }), (self, other, generation) => {
        const gone = { stale: true, left: generation % 2 === 0 }
        const entry = { address: '10.0.0.1', ageMs: generation, ...gone, settingsDiffer: false, node: other }
        const body: HelloBody = { ...hello, generation, node: self, roster: [entry] }
        expect(parseBeaconBody('hello', packBeaconBody(body))).toEqual(body)
      }),
    )
  })

  it('brings figures that are out of range, or no numbers, into it', () => {
    const odd = {
      ...node,
      cpu: 1.7,
      memory: Number.NaN,
      pressure: -1,
      activeConnections: 2 ** 40,
      capacity: 0,
      agent: 2,
    }
    const parsed = parseBeaconBody('report', packBeaconBody({ ...report, node: odd }))
    expect(parsed).toMatchObject({
      node: { cpu: 1, memory: 0, pressure: 0, activeConnections: 0xffff_ffff, capacity: 1, agent: 1 },
    })
  })

  it('about 64 nodes with the longest names and settings fits into one beacon', () => {
    const failedPorts = Array.from({ length: 16 }, (_, at) => 65_000 + at)
    const priorities = new Map(Array.from({ length: 8 }, (_, at) => [504 + at, 255]))
    const figures = { priorities, activeConnections: 0xffff_ffff, pressure: 1, capacity: 1000, agent: 1, failedPorts }
    const longest = { ...node, name: '\u20ac'.repeat(64), ...figures }
    const settings = Object.fromEntries(
      Array.from({ length: 16 }, (_, at) => [`k${at}`.padEnd(32, 'x'), '\u20ac'.repeat(256)]),
    )
    const roster = Array.from({ length: 63 }, (_, at) => ({
      address: `10.0.0.${at + 1}`,
      ageMs: 0xffff_ffff,
      stale: true,
      left: true,
      settingsDiffer: true,
      node: longest,
    }))
    const leads = Array.from({ length: 8 }, (_, at) => 504 + at)
    const body: HelloBody = { ...hello, leads, node: longest, settings, roster }
    const packed = packBeaconBody(body)
    expect(packed.length).toBeLessThanOrEqual(BEACON_MAX_BODY_BYTES)
    expect(parseBeaconBody('hello', packed)).toEqual(body)
  })
})

describe('a body is refused', () => {
  const wire = (body: HelloBody | ReportBody | AssignmentBody) => packr.unpack(packBeaconBody(body)) as unknown[]
  const withField = (fields: unknown[], path: readonly number[], value: unknown): unknown[] => {
    const [at, ...rest] = path as [number, ...number[]]
    return fields.with(at, rest.length === 0 ? value : withField(fields[at] as unknown[], rest, value))
  }
  const parsed = (type: BeaconType, fields: unknown) => parseBeaconBody(type, packr.pack(fields))

  it('when it is cut short, at each length', () => {
    for (const body of [hello, report, assignment]) {
      const packed = packBeaconBody(body)
      for (let length = 0; length < packed.length; length++) {
        expect(parseBeaconBody(body.type, packed.subarray(0, length))).toBeUndefined()
      }
    }
  })

  it('when something follows it', () => {
    expect(parseBeaconBody('report', Buffer.concat([packBeaconBody(report), Buffer.of(0xc0)]))).toBeUndefined()
  })

  it('when it is of another type than its header says', () => {
    expect(parseBeaconBody('hello', packBeaconBody(report))).toBeUndefined()
    expect(parseBeaconBody('report', packBeaconBody(hello))).toBeUndefined()
    expect(parseBeaconBody('assignment', packBeaconBody(report))).toBeUndefined()
  })

  it.each([
    ['generation', [0], [-1, 0.5, 2 ** 33, '1', null]],
    ['leaving', [1], [0, null, 'true']],
    ['digest', [2], [Buffer.alloc(7), Buffer.alloc(9), 'abcdefgh', null]],
    ['settings', [3], [null, [['a']], [['__proto__', 'x']], [['a', 1]], [['a', 'x'.repeat(257)]], [['', 'x']]]],
    ['number of settings', [3], [Array.from({ length: 17 }, (_, at) => [`k${at}`, ''])]],
    ['name', [4, 0], ['', 'x'.repeat(65), 'a\nb', 'a\u0000', 5, null]],
    ['mac', [4, 1], [Buffer.alloc(5), '02:00:00:00:00:46', null]],
    ['monitor', [4, 2], ['ok', 1, null]],
    ['draining', [4, 3], [1, null]],
    ['cpu', [4, 4], [-1, 1001, 0.5, null, Number.NaN, Number.POSITIVE_INFINITY]],
    ['memory', [4, 5], [-1, 1001, null]],
    ['pressure', [4, 6], [-1, 1001, 'x', false]],
    ['activeConnections', [4, 7], [-1, 2 ** 33, null]],
    ['capacity', [4, 8], [0, 1001, 1.5, null]],
    ['agent', [4, 9], [-1, 1001, 'up', true]],
    ['failedPorts', [4, 10], [null, [443], Buffer.alloc(1), Buffer.alloc(2), Buffer.alloc(34, 1), Buffer.alloc(4, 1)]],
    ['forwarding', [4, 11], ['kernel', 0, null]],
    ['drained', [4, 12], [0, null]],
    [
      'priorities',
      [4, 14],
      [
        null,
        [51, 99],
        ...['00', '003300', '000001', '010001', '020001', '003301003302', '003301'.repeat(9)].map(bytesOf),
      ],
    ],
    ['number of fields about the node', [4], [Array.from({ length: 8 }, () => 0)]],
  ])('when its %s is of another type or out of range', (_, path, values) => {
    expect(parsed('report', wire(report))).toEqual(report)
    for (const value of values) expect(parsed('report', withField(wire(report), path, value))).toBeUndefined()
  })

  it.each([
    [
      'list of virtual routers',
      [5],
      [null, 51, [0], [256], [512], [1.5], ['51'], [51, 51], [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ],
    ['established', [6], [null, 1, 'true']],
    ['roster', [7], [null, [null], 'x', Array.from({ length: 64 }, () => wire(hello)[7])]],
    ['address', [7, 0, 0], [0, 0xffff_ffff, -1, '10.0.0.1']],
    ['age', [7, 0, 1], [-1, 0.5, null]],
    ['stale', [7, 0, 2], [1, null]],
    ['settingsDiffer', [7, 0, 3], [1, null]],
    ['node', [7, 0, 4], [null, [], 'x']],
  ])("when a hello's %s is of another type or out of range", (_, path, values) => {
    for (const value of values) expect(parsed('hello', withField(wire(hello), path, value))).toBeUndefined()
  })

  it('when a hello names a node twice', () => {
    const [entry] = wire(hello)[7] as unknown[]
    expect(parsed('hello', withField(wire(hello), [7], [entry, entry]))).toBeUndefined()
  })

  it.each([
    ['generation', [0], [-1, null]],
    ['addresses', [1], [null, [0], [1, 1], Array.from({ length: 65 }, (_, at) => at + 1)]],
    ['slots', [2], [null, Buffer.alloc(4095), Buffer.alloc(4097), Buffer.alloc(4096).fill(2), 'x'.repeat(4096)]],
  ])("when an assignment's %s are of another type or out of range", (_, path, values) => {
    for (const value of values) expect(parsed('assignment', withField(wire(assignment), path, value))).toBeUndefined()
  })

  it.each([
    ['an array of 2^32 elements', 'ddffffffff'],
    ['arrays of 65535 elements in each other', 'dcffff'.repeat(400)],
    ['arrays deeper than any body', '91'.repeat(300)],
    ['a map', '81a16101'],
    ['a map of 2^32 entries', 'dfffffffff'],
    ['a record definition, which the decoder would compile', 'd4724093a161a162a163'],
    ['an extension of 4 GB', 'c9ffffffff01'],
    ['a string of 4 GB', 'dbffffffff'],
    ['bytes of 4 GB', 'c6ffffffff'],
    ['a 64-bit integer', 'cf0000000000000001'],
    ['a reserved tag', 'c1'],
  ])('at once when it holds %s', (_, hex) => {
    const before = process.memoryUsage().heapTotal
    for (const type of TYPES) expect(parseBeaconBody(type, Buffer.from(hex, 'hex'))).toBeUndefined()
    expect(process.memoryUsage().heapTotal - before).toBeLessThan(64 * 2 ** 20)
  })

  it('without an exception, whatever its bytes are', () => {
    const bytes = fc.uint8Array({ maxLength: 1344 })
    const damaged = fc
      .tuple(fc.constantFrom(hello, report, assignment), fc.nat(), fc.integer({ min: 0, max: 255 }))
      .map(([body, at, value]) => {
        const packed = Uint8Array.from(packBeaconBody(body))
        packed[at % packed.length] = value
        return packed
      })
    fc.assert(
      fc.property(fc.oneof(bytes, damaged), fc.constantFrom(...TYPES), (body, type) => {
        const result = parseBeaconBody(type, body)
        expect(result === undefined || result.type === type).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})
