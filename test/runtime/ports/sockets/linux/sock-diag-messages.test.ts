import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeAttribute } from '../../../../../runtime/ports/netlink/linux/netlink-messages.ts'
import {
  encodeSocketRequest,
  parseEnds,
  parseKeys,
  parseListener,
} from '../../../../../runtime/ports/sockets/linux/sock-diag-messages.ts'

test('listeners are asked for by family, TCP and state 10', () => {
  expect(encodeSocketRequest(4, 'listen').toString('hex')).toBe(`0206000000040000${'00'.repeat(48)}`)
  expect(encodeSocketRequest(6, 'listen').toString('hex')).toBe(`0a06000000040000${'00'.repeat(48)}`)
})

test('established sockets come with a filter program over the local port', () => {
  const request = encodeSocketRequest(4, 'established', [80, 9090]).toString('hex')
  expect(request.slice(0, 112)).toBe(`0206000002000000${'00'.repeat(48)}`)
  expect(request.slice(112)).toBe(
    '1c000100' + // INET_DIAG_REQ_BYTECODE, 24 bytes of program
      '0b080c00' + // local port is the operand? yes: to the jump, no: to the next port
      '00005000' + //   80
      '01041000' + // jump by 16: to the end
      '0b081000' + // local port is the operand? yes: to the jump, no: beyond the end
      '00008223' + //   9090
      '01040400', // jump by 4: to the end
  )
})

/** What the kernel makes of a filter program (inet_diag_bc_run): an operation at a time, until the end or beyond it. */
function accepts(program: Buffer, localPort: number): boolean {
  let at = 0
  while (at < program.length) {
    const isPortTest = program[at] === 11
    const yes = isPortTest && program.readUInt16LE(at + 6) === localPort
    at += yes ? (program[at + 1] ?? 0) : program.readUInt16LE(at + 2)
  }
  return at === program.length
}

test('the filter accepts its ports and no others', () => {
  const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(ports, fc.integer({ min: 1, max: 65_535 }), (wanted, other) => {
      const program = encodeSocketRequest(6, 'established', wanted).subarray(60)
      for (const port of wanted) expect(accepts(program, port)).toBe(true)
      expect(accepts(program, other)).toBe(wanted.includes(other))
    }),
  )
})

function reply(family: number, port: number, local: readonly number[], ...attributes: readonly Buffer[]): Buffer {
  const message = Buffer.alloc(72)
  message[0] = family
  message.writeUInt16BE(port, 4)
  message.set(local, 8)
  return Buffer.concat([message, ...attributes])
}

test('a listener is read with its address and port', () => {
  expect(parseListener(reply(2, 9090, [127, 0, 0, 1]))).toEqual({
    family: 4,
    address: '127.0.0.1',
    port: 9090,
    v6Only: false,
  })
})

test('an IPv6 listener that takes no IPv4 is told from one that does', () => {
  const v6Only = (value: number) => encodeAttribute(11, Uint8Array.of(value))
  expect(parseListener(reply(10, 80, [], v6Only(0)))).toMatchObject({ family: 6, address: '::', v6Only: false })
  expect(parseListener(reply(10, 80, [], v6Only(1)))).toMatchObject({ family: 6, address: '::', v6Only: true })
})

test('a reply that is too short is left out', () => {
  expect(parseListener(reply(2, 9090, []).subarray(0, 71))).toBeUndefined()
  expect(parseKeys(reply(2, 9090, []).subarray(0, 71))).toBeUndefined()
})

/** The attribute tcp_info, from when data and acknowledgements have arrived. */
function info(lastDataMs: number, lastAckMs: number): Buffer {
  const fields = Buffer.alloc(104)
  fields.writeUInt32LE(lastDataMs, 52)
  fields.writeUInt32LE(lastAckMs, 56)
  return encodeAttribute(2, fields)
}

test('both ends of a connection are read, a mapped IPv4 address as IPv4', () => {
  const ends = (family: number, local: readonly number[], peer: readonly number[]) => {
    const message = reply(family, 3128, local, info(700, 300))
    message.set(peer, 24)
    return parseEnds(message)
  }
  const mapped = (last: number) => [...new Array<number>(10).fill(0), 255, 255, 10, 0, 0, last]
  expect(ends(2, [10, 0, 0, 5], [10, 0, 9, 1])).toMatchObject({
    local: '10.0.0.5',
    localPort: 3128,
    peer: '10.0.9.1',
    peerPort: 0,
  })
  const keys = (family: number, local: readonly number[], peer: readonly number[]) => {
    const message = reply(family, 3128, local)
    message.set(peer, 24)
    return parseKeys(message)
  }
  const asText = (...bytes: readonly number[]) => Buffer.from(bytes).toString('latin1')
  const expected = { local: asText(10, 0, 0, 5), peer: asText(10, 0, 0, 7) }
  expect(keys(2, [10, 0, 0, 5], [10, 0, 0, 7])).toEqual(expected)
  expect(keys(10, mapped(5), mapped(7))).toEqual(expected)
  expect(keys(10, [0xfd], [0xfe, 0x80])?.local).toHaveLength(16)
  expect(ends(10, mapped(5), mapped(7))).toMatchObject({ local: '10.0.0.5', peer: '10.0.0.7', silentMs: 300 })
  expect(ends(10, [0xfd], [0xfe, 0x80])).toMatchObject({ local: 'fd00::', peer: 'fe80::', silentMs: 300 })
  expect(parseEnds(reply(2, 3128, []).subarray(0, 71))).toBeUndefined()
  expect(parseEnds(reply(2, 3128, []))).toBeUndefined()
})

test('no bytes whatever make the parsers throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      parseListener(Buffer.from(bytes))
      parseKeys(Buffer.from(bytes))
      parseEnds(Buffer.from(bytes))
    }),
  )
})
