/** `npm run loadtest:maintenance`: reads the command line and runs in a sandbox, which leaves nothing behind. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { follow, runInside } from '../command-line.ts'
import { parseOptions, usage } from './options.ts'

const defaultJson = fileURLToPath(new URL('../results/maintenance.json', import.meta.url))

await follow(parseOptions(process.argv.slice(2), defaultJson), usage, (options) =>
  runInside(new URL('./inside.ts', import.meta.url), { ...options, json: resolve(options.json) }),
)
