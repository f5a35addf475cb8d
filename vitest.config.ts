import { defineConfig } from 'vitest/config'

const ALONE = 'test/**/*.alone.netns.test.ts'
/** Minutes, and whole systems of Debian: `npm run test:packages`. */
const SYSTEMS = 'test/packaging/*.system.test.ts'
/** Minutes each: `npm run test:long`. */
const LONG = 'test/**/*.long.netns.test.ts'

/** Nodes in namespaces measure the CPU of this machine, so what looks at their loads, or at what a busy machine loses, comes last, when nothing else runs. */
export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Namespace tests share two cores and one kernel, and wait much, so files run a few at a time; each makes its own namespaces.
    maxWorkers: 4,
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['test/**/*.test.ts'],
          exclude: [ALONE, SYSTEMS, LONG],
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: [ALONE], maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
})
