import { defineConfig } from 'vitest/config'

/** Scenarios of minutes each, which do not all fit into the time that every change is tested in: before a release, and for what they are about. */
export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/**/*.long.netns.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})
