/** `npm run loadtest:failover`: reads the command line and measures in a sandbox, which leaves nothing behind. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { follow, runInside } from '../command-line.ts'
import { parseOptions, usage } from './options.ts'
import { readRuns, showGaps } from './results.ts'

const defaultJson = (name: string) => fileURLToPath(new URL(`../results/${name}.json`, import.meta.url))
const parsed = parseOptions(process.argv.slice(2), defaultJson)

if (parsed.type === 'gather') {
  const { measurements, ...circumstances } = readRuns(parsed.from)
  showGaps(measurements, circumstances, parsed.files)
} else {
  await follow(parsed, usage, (options) => {
    const files = { json: resolve(options.json), svg: options.svg === null ? null : resolve(options.svg) }
    return runInside(new URL('./inside.ts', import.meta.url), { ...options, ...files })
  })
}
