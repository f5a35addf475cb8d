import type { SystemLoad, SystemLoadSample } from '../../runtime/ports/host/system-load.ts'

const GIBIBYTE = 2 ** 30
/** USER_HZ: jiffies a second and core in /proc/stat. */
const JIFFIES_PER_S = 100

/** A host of one core and 4 GiB whose load is set by hand. */
export class FakeSystemLoad implements SystemLoad {
  #sample: SystemLoadSample = {
    cpuBusy: 0,
    cpuTotal: 0,
    limitedCpu: null,
    memoryTotalBytes: 4 * GIBIBYTE,
    memoryAvailableBytes: 3 * GIBIBYTE,
    cpuPressure: 0,
    memoryPressure: 0,
  }

  /** Lets `seconds` of CPU time go by, of which the share `busy` (0..1) was used. */
  spend(seconds: number, busy: number): void {
    const jiffies = seconds * JIFFIES_PER_S
    this.set({ cpuTotal: this.#sample.cpuTotal + jiffies, cpuBusy: this.#sample.cpuBusy + jiffies * busy })
  }

  set(change: Partial<SystemLoadSample>): void {
    this.#sample = { ...this.#sample, ...change }
  }

  sample(): SystemLoadSample {
    return this.#sample
  }
}
