import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * The file descriptors that this thread's ports hold and that nobody else would close: what is opened past Node.js (by koffi) outlives a
 * thread that crashes or is ended. Where the thread was given a ledger, in memory that is shared with who outlives it, each is written
 * down there:
 *
 *     word 0..N-1   descriptor + 1; 0 = free
 *
 * It is written down after it was opened and struck out before it is closed: a thread that is ended in between loses a descriptor, but
 * nobody ever closes one that is somebody else's by then.
 *
 * Actors that share a thread have a ledger each, since one may go while the thread lives on. Whose a descriptor is follows from what it is
 * opened in: a call that `keepingLedger` runs, and whatever goes on from there later.
 */

/** More than any actor holds. What finds no place in a full ledger is not written down: then a crash costs a descriptor. */
const PLACES = 64

/** Of the thread as a whole. */
let ledger: Int32Array | undefined
/** By the memory that they are in: of the actors that share this thread. */
const ledgers = new Map<SharedArrayBuffer, Int32Array>()
const current = new AsyncLocalStorage<Int32Array>()

/** A ledger for one incarnation of one actor. */
export function createLedger(): SharedArrayBuffer {
  return new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT)
}

/** From now on the descriptors of this thread are written down there. */
export function keepLedger(shared: SharedArrayBuffer): void {
  ledger = new Int32Array(shared)
}

/** What the call opens, now and whenever it goes on, is written down there. */
export function keepingLedger<Value>(shared: SharedArrayBuffer, call: () => Value): Value {
  const own = ledgers.get(shared) ?? new Int32Array(shared)
  ledgers.set(shared, own)
  return current.run(own, call)
}

/** Nobody writes into that any more. */
export function endLedger(shared: SharedArrayBuffer): void {
  ledgers.delete(shared)
}

/** Writes a descriptor down, and gives it back; a failed call's result is none. */
export function held(fd: number): number {
  const own = current.getStore() ?? ledger
  if (own === undefined || fd < 0) return fd
  const free = own.indexOf(0)
  if (free >= 0) Atomics.store(own, free, fd + 1)
  return fd
}

/** To be called before a descriptor is closed, by whomever. */
export function letGo(fd: number): void {
  if (ledger !== undefined) strikeOut(ledger, fd)
  for (const own of ledgers.values()) strikeOut(own, fd)
}

function strikeOut(own: Int32Array, fd: number): void {
  const place = own.indexOf(fd + 1)
  if (place >= 0) Atomics.store(own, place, 0)
}

/** What is left in the ledger of a thread that has ended; the ledger is empty then. */
export function takeHeld(shared: SharedArrayBuffer): readonly number[] {
  const words = new Int32Array(shared)
  return Array.from(words.keys(), (place) => Atomics.exchange(words, place, 0) - 1).filter((fd) => fd >= 0)
}
