import { messageType, packEnvelope, unpackEnvelope } from '../../../runtime/actor-system/messaging/envelope.ts'
import { type FuzzTarget, holds, same } from '../target.ts'
import { mutatedTree } from '../tree-mutator.ts'

const PAYLOADS: readonly unknown[] = [
  null,
  { type: 'packet', source: '10.0.0.1', payload: Uint8Array.from([1, 2, 3]), atMs: 12.5 },
  {
    type: 'nodes',
    nodes: [
      { address: '10.0.0.1', weight: 200, left: false },
      { address: 'fd00::1', weight: 0, left: true },
    ],
  },
  { type: 'slots', slots: new Uint8Array(64), generation: 2 ** 32, missing: undefined },
]

/** Frames between threads. They are our own: what is fuzzed is that every payload arrives as it was, and that no frame ends a thread. */
export const mailbox: FuzzTarget = {
  name: 'mailbox',
  mostBytes: 4096,
  seeds: PAYLOADS.flatMap((payload) =>
    (['tell', 'request', 'reply'] as const).map((kind) => packEnvelope(kind, 7, 1.5, payload)!),
  ),
  words: [
    Buffer.from('dcffff', 'hex'),
    Buffer.from('ddffffffff', 'hex'),
    Buffer.from('dfffffffff', 'hex'),
    Buffer.from('c60fffffff', 'hex'),
    Buffer.from('d4720040', 'hex'),
    Buffer.from('c1', 'hex'),
  ],
  mutate(input, random) {
    const envelope = unpackEnvelope(input)
    return packEnvelope('tell', 0, 0, mutatedTree(envelope?.payload ?? null, random)) ?? new Uint8Array()
  },
  run(input) {
    const envelope = unpackEnvelope(Uint8Array.from(input))
    if (envelope === undefined) return
    const { kind, correlation, sentAtMs, payload } = envelope
    const packed = packEnvelope(kind, correlation, sentAtMs, payload)
    if (packed === undefined || !isPlain(payload)) return 'odd'
    holds(packed.length <= 16 * input.length + 64, 'a frame is about as long as it was')
    const again = unpackEnvelope(packed)
    same(again, envelope, 'a frame read and written is the same')
    return `${kind} ${messageType(payload) === typeof payload}`
  },
}

/** What messages are made of. */
function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain)
  if (value instanceof Uint8Array) return value.constructor === Uint8Array || Buffer.isBuffer(value)
  if (typeof value === 'object' && value !== null)
    return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain)
  return value === null || ['boolean', 'number', 'string'].includes(typeof value)
}
