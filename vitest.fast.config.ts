import { configDefaults, defineConfig } from 'vitest/config'

/** What needs no network namespace and no minute: pure machines, and real threads on fake ports. */
export default defineConfig({
  test: {
    pool: 'forks',
    isolate: false,
    testTimeout: 30_000,
    // Much is waiting: for threads that start, and for what is to happen in a second.
    maxWorkers: 4,
    include: ['test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      'test/**/*.netns.test.ts',
      'test/packaging/*.system.test.ts',
      'test/simulation/election/election.test.ts',
    ],
  },
})
