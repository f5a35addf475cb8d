import { defineConfig } from 'vitest/config'

const ALONE = 'test/**/*.alone.netns.test.ts'
/** Minutes, and whole systems of Debian: `npm run test:packages`. */
const SYSTEMS = 'test/packaging/*.system.test.ts'
/** Minutes each: `npm run test:long`. */
const LONG = 'test/**/*.long.netns.test.ts'
const NAMESPACES = 'test/**/*.netns.test.ts'

/**
 * What needs no namespaces comes first, in processes that take one file after the other: one for each costs a second of CPU.
 * Nodes in namespaces measure the CPU of this machine, so what looks at their loads, or at what a busy machine loses, comes
 * last, when nothing else runs.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'in one process',
          include: ['test/**/*.test.ts'],
          exclude: [NAMESPACES, SYSTEMS],
          isolate: false,
          maxWorkers: 4,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'side by side',
          include: [NAMESPACES],
          exclude: [ALONE, LONG],
          // They share two cores and one kernel: with two they take 7 % longer than with four, which make each other late.
          maxWorkers: 3,
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { name: 'alone', include: [ALONE], maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
})
