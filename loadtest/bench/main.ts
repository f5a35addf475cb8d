/** `npm run loadtest`: reads the command line and runs the load test in a sandbox, which leaves nothing behind. */
import { fileURLToPath } from 'node:url'
import { follow, runInside } from '../command-line.ts'
import { parseOptions, usage } from './options.ts'

const defaults = {
  json: fileURLToPath(new URL('../results/latest.json', import.meta.url)),
  baseline: fileURLToPath(new URL('./baseline.json', import.meta.url)),
}

await follow(parseOptions(process.argv.slice(2), defaults), usage, (options) =>
  runInside(new URL('./inside.ts', import.meta.url), options),
)
