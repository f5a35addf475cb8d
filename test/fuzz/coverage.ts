import { type Profiler, Session } from 'node:inspector'

/** What of the product's sources has been run, by characters: one byte each. */
interface ScriptCoverage {
  reached: Uint8Array
  /** Every range that V8 has told of, by `start:end`: the blocks that there are, as far as functions were called. */
  readonly blocks: Map<string, number>
}

interface Reached {
  readonly script: ScriptCoverage
  readonly from: number
  readonly to: number
}

const ROOT = new URL('../../', import.meta.url).href
const PRODUCT = /^(actors|config|runtime)\//

/** A thread's block coverage, of V8 itself: nothing is instrumented. Has to begin before what it is about is imported. */
export class Coverage {
  readonly #session = new Session()
  #scripts = new Map<string, ScriptCoverage>()
  /** Characters that the last `take` has found new, and those that `undo` has taken back since. */
  #last: readonly Reached[] = []
  #undone: Reached[] = []

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Whether anything was run since the last time that had not been before. Takes a millisecond or two. */
  take(): boolean {
    const last: Reached[] = []
    for (const { url, functions } of this.#took()) {
      if (!url.startsWith(ROOT) || !PRODUCT.test(url.slice(ROOT.length))) continue
      const script = this.#scripts.get(url) ?? { reached: new Uint8Array(), blocks: new Map<string, number>() }
      this.#scripts.set(url, script)
      last.push(...add(script, functions))
    }
    this.#last = last
    return last.length > 0
  }

  /** As if the last `take` had found nothing. */
  undo(): void {
    for (const { script, from, to } of this.#last) script.reached.fill(0, from, to)
    this.#undone.push(...this.#last)
    this.#last = []
  }

  /** All that was taken back is reached after all. */
  redo(): void {
    for (const { script, from, to } of this.#undone) script.reached.fill(1, from, to)
    this.#undone = []
  }

  /** Forgets what was reached. */
  reset(): void {
    this.take()
    this.#scripts = new Map()
  }

  /** Blocks that were reached, of those in functions that V8 has told of; and by file. */
  summary(): {
    readonly reached: number
    readonly known: number
    readonly files: ReadonlyMap<string, readonly [number, number]>
  } {
    const files = new Map<string, readonly [number, number]>()
    let [reached, known] = [0, 0]
    for (const [url, script] of this.#scripts) {
      const starts = [...script.blocks.values()]
      const ofFile = starts.filter((start) => script.reached[start] === 1).length
      if (ofFile === 0) continue
      reached += ofFile
      known += starts.length
      files.set(url.slice(ROOT.length), [ofFile, starts.length])
    }
    return { reached, known, files }
  }

  #took(): readonly Profiler.ScriptCoverage[] {
    let result: readonly Profiler.ScriptCoverage[] = []
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error
      result = taken.result
    })
    return result
  }

  close(): void {
    this.#session.disconnect()
  }
}

/** Functions, and the ranges of each, come from the outside to the inside; one of count 0 has not been run, within one that has. */
function add(script: ScriptCoverage, functions: readonly Profiler.FunctionCoverage[]): readonly Reached[] {
  const ranges = functions.flatMap((one) => one.ranges)
  for (const { startOffset, endOffset } of ranges) script.blocks.set(`${startOffset}:${endOffset}`, startOffset)
  const first = Math.min(...ranges.map(({ startOffset }) => startOffset))
  const end = Math.max(...ranges.map(({ endOffset }) => endOffset))
  if (script.reached.length < end) {
    const longer = new Uint8Array(end)
    longer.set(script.reached)
    script.reached = longer
  }
  const run = new Uint8Array(Math.max(0, end - first))
  for (const { startOffset, endOffset, count } of ranges)
    run.fill(count > 0 ? 1 : 0, startOffset - first, endOffset - first)
  const fresh: Reached[] = []
  let from = -1
  for (let at = 0; at <= run.length; at++) {
    const isFresh = run[at] === 1 && script.reached[first + at] !== 1
    if (isFresh && from < 0) from = first + at
    if (isFresh || from < 0) continue
    script.reached.fill(1, from, first + at)
    fresh.push({ script, from, to: first + at })
    from = -1
  }
  return fresh
}
