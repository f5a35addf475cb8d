/** Runs of the target that are spent on one input. */
const RUNS_MOST = 2000

/** The smallest input that fails as this one does: parts are left out, halves first, then bytes made plain. */
export async function minimised(
  input: Uint8Array,
  fails: (input: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let smallest: Buffer = Buffer.from(input)
  let runs = 0
  const tried = async (candidate: Buffer): Promise<boolean> => {
    if (++runs > RUNS_MOST || !(await fails(candidate))) return false
    smallest = candidate
    return true
  }
  for (let part = Math.ceil(smallest.length / 2); part >= 1 && runs < RUNS_MOST; ) {
    let isSmaller = false
    for (let at = 0; at < smallest.length && runs < RUNS_MOST; ) {
      if (await tried(Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + part)]))) isSmaller = true
      else at += part
    }
    if (!isSmaller) part = part === 1 ? 0 : Math.floor(part / 2)
  }
  for (let at = 0; at < smallest.length && runs < RUNS_MOST; at++) {
    for (const plain of [0, 0x30, 0x61]) {
      if (smallest[at] === plain) break
      const candidate = Buffer.from(smallest)
      candidate[at] = plain
      if (await tried(candidate)) break
    }
  }
  return smallest
}
