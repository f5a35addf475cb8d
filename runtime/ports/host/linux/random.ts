import { randomBytes } from 'node:crypto'
import type { Random } from '../random.ts'

/** The kernel's random source. */
export const linuxRandom: Random = {
  uint32: () => randomBytes(4).readUInt32LE(0),
  // A copy of its own: a Buffer may be a window into Node's shared pool.
  bytes: (length) => new Uint8Array(randomBytes(length)),
}
