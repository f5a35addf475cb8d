/**
 * The file descriptors that this thread's ports hold and that nobody else would close: what is opened past Node.js (by koffi) outlives a
 * thread that crashes or is ended. Where the thread was given a ledger, in memory that is shared with who outlives it, each is written
 * down there:
 *
 *     word 0..N-1   descriptor + 1; 0 = free
 *
 * It is written down after it was opened and struck out before it is closed: a thread that is ended in between loses a descriptor, but
 * nobody ever closes one that is somebody else's by then.
 */

/** More than any actor holds. What finds no place in a full ledger is not written down: then a crash costs a descriptor. */
const PLACES = 64

let ledger: Int32Array | undefined

/** A ledger for one incarnation of one actor. */
export function createLedger(): SharedArrayBuffer {
  return new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT)
}

/** From now on the descriptors of this thread are written down there. */
export function keepLedger(shared: SharedArrayBuffer): void {
  ledger = new Int32Array(shared)
}

/** Writes a descriptor down, and gives it back; a failed call's result is none. */
export function held(fd: number): number {
  if (ledger === undefined || fd < 0) return fd
  const free = ledger.indexOf(0)
  if (free >= 0) Atomics.store(ledger, free, fd + 1)
  return fd
}

/** To be called before a descriptor is closed. */
export function letGo(fd: number): void {
  const place = ledger?.indexOf(fd + 1) ?? -1
  if (ledger !== undefined && place >= 0) Atomics.store(ledger, place, 0)
}

/** What is left in the ledger of a thread that has ended; the ledger is empty then. */
export function takeHeld(shared: SharedArrayBuffer): readonly number[] {
  const words = new Int32Array(shared)
  return Array.from(words.keys(), (place) => Atomics.exchange(words, place, 0) - 1).filter((fd) => fd >= 0)
}
