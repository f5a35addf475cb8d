import { describe, test } from 'vitest'
import { isInstalled } from './namespaces.ts'

/**
 * A `describe` for tests that run programs of others. Where one is not there the whole block is skipped and its title says what is missing;
 * with CI=true it fails instead, so that CI cannot pass by skipping.
 */
export function describeWith(programs: readonly string[], title: string, body: () => void): void {
  const missing = programs.filter((program) => !isInstalled(program)).join(', ')
  if (missing === '') describe(title, body)
  else if (process.env.CI !== 'true') describe.skip(`${title} (skipped: needs ${missing})`, body)
  else
    test(`${title} (needs ${missing})`, () => {
      throw new Error(`CI must not skip: needs ${missing}`)
    })
}
