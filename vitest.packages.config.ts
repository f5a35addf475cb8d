import { defineConfig } from 'vitest/config'

/** The packages on systems of their own: Debian in chroots, and npm without a compiler. Root on Debian, and some minutes. */
export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/packaging/*.system.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 900_000,
    maxWorkers: 1,
  },
})
