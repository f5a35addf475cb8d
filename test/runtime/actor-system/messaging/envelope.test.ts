import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messageType, packEnvelope, unpackEnvelope } from '../../../../runtime/actor-system/messaging/envelope.ts'

const plainData = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    // MessagePack has one zero: -0 arrives as 0.
    fc.double({ noNaN: true }).map((number) => (number === 0 ? 0 : number)),
    fc.string(),
    fc.uint8Array({ maxLength: 64 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 5, noNullPrototype: true },
    ),
  ),
})).value

/** What a MessagePort does with the bytes. */
const overPort = (bytes: Uint8Array | undefined): unknown => structuredClone(bytes)

describe('envelopes', () => {
  test('what was packed is what is unpacked', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('tell' as const, 'request' as const, 'reply' as const),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.double({ min: 0, max: 1e12, noNaN: true }),
        plainData,
        (kind, correlation, sentAtMs, payload) => {
          const envelope = unpackEnvelope(overPort(packEnvelope(kind, correlation, sentAtMs, payload)))
          expect(envelope).toEqual({ kind, correlation, sentAtMs, payload })
        },
      ),
    )
  })

  test('bytes stay a Uint8Array, at any depth', () => {
    const payload = { packet: Uint8Array.of(1, 2, 3), list: [Buffer.from('ab')] }
    const unpacked = unpackEnvelope(overPort(packEnvelope('tell', 0, 0, payload)))?.payload as typeof payload
    expect(unpacked.packet.constructor).toBe(Uint8Array)
    expect(unpacked.list[0]?.constructor).toBe(Uint8Array)
    expect([...unpacked.packet]).toEqual([1, 2, 3])
  })

  test('each is packed into a buffer of its own, so that the next does not overwrite it', () => {
    const first = packEnvelope('tell', 0, 0, 'first')
    packEnvelope('tell', 0, 0, 'second')
    expect(first?.buffer.byteLength).toBe(first?.length)
    expect(unpackEnvelope(first)?.payload).toBe('first')
  })

  test('what is no envelope is a value, never an exception', () => {
    const whole = packEnvelope('request', 7, 1.5, { type: 'x', list: [1, 2, 3] })!
    for (let length = 0; length < whole.length; length++) {
      expect(unpackEnvelope(whole.slice(0, length))).toBeUndefined()
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void unpackEnvelope(bytes)))
    for (const bytes of [undefined, null, 'text', {}, [1, 2]]) expect(unpackEnvelope(bytes)).toBeUndefined()
  })

  test('what cannot be packed is a value, and spoils nothing that is packed later', () => {
    expect(packEnvelope('tell', 0, 0, { symbol: Symbol('no data') })).toBeUndefined()
    expect(unpackEnvelope(packEnvelope('tell', 0, 0, 'fine'))?.payload).toBe('fine')
  })

  test('a message is shown by its type', () => {
    expect(messageType({ type: 'hold' })).toBe('hold')
    expect(messageType({ kind: 'x' })).toBe('object')
    expect(messageType(null)).toBe('null')
    expect(messageType(7)).toBe('number')
  })
})
