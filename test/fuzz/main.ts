/** `npm run fuzz`: inputs that nobody meant, for everything that reads what others have written. CONTRIBUTING.md says how. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { wholeNumber } from '../../runtime/cli/options.ts'
import type { Failure } from './failure.ts'
import { targets } from './targets/targets.ts'
import type { Told } from './thread-messages.ts'
import { watch } from './watch.ts'

const FOUND = fileURLToPath(new URL('./found/', import.meta.url))

interface Options {
  readonly target?: readonly string[]
  readonly inputs: number
  readonly minutes?: number
  readonly seed?: number
  readonly keep?: true
  readonly files?: true
  readonly input?: string
}

const options = new Command('npm run fuzz --')
  .option('-t, --target <name...>', `which; all of them by default: ${Object.keys(targets).join(', ')}`)
  .option('-n, --inputs <count>', 'for each target', wholeNumber(1, 999_999_999), 20_000)
  .option('-m, --minutes <minutes>', 'for all of them together, whatever the inputs', Number)
  .option('-s, --seed <number>', 'of the chance', wholeNumber(0, 999_999_999))
  .option('--keep', 'what reaches something new becomes the corpus in test/fuzz/corpus')
  .option('--files', 'the blocks of each file, too')
  .option('--input <file>', 'this one input of one target, again')
  .parse()
  .opts<Options>()

const names = options.target ?? Object.keys(targets)
const unknown = names.filter((name) => !Object.hasOwn(targets, name))
if (unknown.length > 0) throw new Error(`no target of the name ${unknown.join(', ')}`)
if (options.input !== undefined && names.length !== 1) throw new Error('--input is of one --target')
const seed = options.seed ?? Math.floor(Math.random() * 1e9)
const only = options.input === undefined ? undefined : readFileSync(options.input)
const say = (line: string): boolean => process.stdout.write(`${line}\n`)
let [total, failures] = [0, 0]

say(`seed ${seed}`)
for (const name of names) {
  const isTimed = options.minutes !== undefined
  const minutes = (options.minutes ?? 60 * names.length) / names.length
  const inputs = isTimed ? Number.MAX_SAFE_INTEGER : options.inputs
  await watch({ target: name, seed, inputs, minutes, keep: options.keep === true, only }, (told) => hear(name, told))
}
say(`${total} inputs, ${failures} failures`)
process.exitCode = failures === 0 ? 0 : 1

function hear(name: string, told: Told): void {
  switch (told.type) {
    case 'failed':
      failures += 1
      fail(name, told.failure)
      return
    case 'ended': {
      const { inputs: count, tookMs, reached, known, kept } = told
      total += count
      const rate = Math.round((count * 1000) / tookMs)
      say(`${name.padEnd(16)} ${count} inputs, ${rate}/s, blocks ${reached} of ${known}, ${kept} in the pool`)
      if (options.files === true) for (const [file, [some, all]] of told.files) say(`  ${file}: ${some} of ${all}`)
      return
    }
    case 'kept':
      say(`${name.padEnd(16)} ${told.inputs} kept`)
      return
    default:
      told satisfies never
  }
}

/** The input as a file, and how it is run again. */
function fail(name: string, { kind, message, input }: Failure): void {
  mkdirSync(FOUND, { recursive: true })
  const file = `${FOUND}${name}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`
  writeFileSync(file, input)
  const path = relative(process.cwd(), file)
  say(`${name}: ${kind}: ${message}`)
  say(`  input: ${input.length} bytes, ${JSON.stringify(Buffer.from(input.subarray(0, 200)).toString('latin1'))}`)
  say(`  again: npm run fuzz -- --target ${name} --input ${path}`)
}
