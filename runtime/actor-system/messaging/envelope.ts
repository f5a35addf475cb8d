// Not 'msgpackr' itself: that brings streams, and an addon for long strings, which are not here, into every thread.
import { Packr } from 'msgpackr/pack'

/** What travels over a link: a message to the mailbox, a question, or the answer to one. */
export type EnvelopeKind = 'tell' | 'request' | 'reply'

/**
 * Packed as a MessagePack array, in this order:
 *
 *     [ kind: 0 tell, 1 request, 2 reply
 *     , correlation: number of the question; 0 for tell
 *     , sentAtMs: monotonic; 0 unless somebody watches, who is then shown how long it waited
 *     , payload ]
 *
 * The payload is plain data: null, booleans, numbers, strings, Uint8Arrays, arrays and objects of these.
 */
export interface Envelope {
  readonly kind: EnvelopeKind
  readonly correlation: number
  readonly sentAtMs: number
  readonly payload: unknown
}

const KINDS: readonly EnvelopeKind[] = ['tell', 'request', 'reply']

// One per thread. No record structures: they would have to be agreed on again after each restart of either end.
const packr = new Packr({ useRecords: false })

/** The envelope in a buffer of its own, so that it can be transferred; undefined where the payload cannot be packed. */
export function packEnvelope(
  kind: EnvelopeKind,
  correlation: number,
  sentAtMs: number,
  payload: unknown,
): Uint8Array<ArrayBuffer> | undefined {
  try {
    // msgpackr hands out a window into a buffer that it reuses.
    return new Uint8Array(packr.pack([KINDS.indexOf(kind), correlation, sentAtMs, payload]))
  } catch {
    return undefined
  }
}

/** The envelope in these bytes, whose Uint8Arrays are windows into them; undefined where they are none. */
export function unpackEnvelope(bytes: unknown): Envelope | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined
  let fields: unknown
  try {
    fields = packr.unpack(bytes)
  } catch {
    return undefined
  }
  if (!Array.isArray(fields) || fields.length !== 4) return undefined
  const [kindNumber, correlation, sentAtMs, payload] = fields as readonly unknown[]
  const kind = typeof kindNumber === 'number' ? KINDS[kindNumber] : undefined
  if (kind === undefined || typeof correlation !== 'number' || typeof sentAtMs !== 'number') return undefined
  return { kind, correlation, sentAtMs, payload }
}

/** The name under which a message is shown: its `type`. */
export function messageType(message: unknown): string {
  if (typeof message === 'object' && message !== null && 'type' in message && typeof message.type === 'string') {
    return message.type
  }
  return message === null ? 'null' : typeof message
}
