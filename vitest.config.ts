import { defineConfig } from 'vitest/config'

// Namespace tests share two cores and one kernel, so files run a few at a time; each makes its own namespaces.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
