import { type RunOptions, type RunReport, runElection } from './run.ts'
import { ElectionViolation } from './witness.ts'

/** How much of its story a failing seed tells. */
const LINES_TOLD = 40

/** Every kind of trouble that there is; a hundred seeds meet them all. */
export const LIFELIKE = [
  'announcerCrash',
  'busy',
  'crash',
  'electorCrash',
  'hosts',
  'merge',
  'mute',
  'shutDown',
  'split',
  'stall',
  'start',
  'stepDown',
  'storm',
]

/** Runs it. Where an invariant fails, runs it once more, and the error names the seed and tells what led to it. */
export function tellingRun(options: RunOptions): RunReport {
  try {
    return runElection(options)
  } catch (error) {
    if (!(error instanceof ElectionViolation)) throw error
    error.message = `seed ${options.seed}, adverts every ${options.advertIntervalMs} ms: ${error.message}\n${storyOf(options)}`
    throw error
  }
}

function storyOf(options: RunOptions): string {
  const lines: string[] = []
  try {
    runElection({ ...options, tell: (line) => lines.push(line) })
  } catch {
    // It fails again, as it did the first time: that is what the story is about.
  }
  return lines.slice(-LINES_TOLD).join('\n')
}
