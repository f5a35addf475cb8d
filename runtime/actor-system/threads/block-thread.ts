/** Test hook: the thread stands still, as one does that waits for the kernel. */
export function blockThread(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, forMs)
}
