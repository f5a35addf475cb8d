import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { loadConfig } from '../../../config/load.ts'
import { effectText, eventText } from '../../actor-system/machine/observed-step.ts'
import { MissingKeyError } from '../../actor-system/recording/recorded-value.ts'
import { RecordingError } from '../../actor-system/recording/recording-error.ts'
import { type ReplayedStep, readHeader, replay } from '../../actor-system/recording/replay.ts'
import { machines } from '../../gateway/machines.ts'
import { readVersion } from '../../gateway/version.ts'
import { FORMER_FILES, recordingName } from '../../ports/host/recording-file.ts'
import { printable } from '../../terminal/look.ts'
import { type CliEnv, CliError } from '../env.ts'
import type { Choose } from '../options.ts'

const HELP = `
PATH is a file of a folder that "proxyha run --record FOLDER" has written; or
the folder, and then ACTOR is needed, as "proxyha actors" names it (or
ACTOR.MACHINE, where it has several). What the actor took is given to its
machine once more, without a network or a clock, and what comes of it is
compared with what was recorded. Every change of its state is shown, with all
effects; --all shows every step.

The key of the group is in no recording. Discovery needs it: -c names a
configuration that has it.

Exit codes: 0 all is as it was recorded, 1 not so, or bad input.

Example:
  proxyha replay /var/lib/proxyha/recording elector
`

interface ReplayOptions {
  readonly config?: string
  readonly all?: true
  readonly json?: true
}

/** `proxyha replay`: a recorded inbox through the pure machine. */
export function addReplay(program: Command, env: CliEnv, choose: Choose): void {
  program
    .command('replay')
    .description('what an actor made of a recording, step by step')
    .argument('<path>', 'a recording, or the folder of recordings')
    .argument('[actor]', 'whose, in a folder')
    .option('-c, --config <file>', 'configuration with the key of the group')
    .option('--all', 'every step, not only those that change the state')
    .option('--json', 'every step as JSON, one a line')
    .addHelpText('after', HELP)
    .action((path: string, actor: string | undefined, options: ReplayOptions) =>
      choose(() => replayAll(path, actor, options, env)),
    )
}

async function replayAll(
  path: string,
  actor: string | undefined,
  options: ReplayOptions,
  env: CliEnv,
): Promise<number> {
  const keys = options.config === undefined ? [] : keysOf(options.config)
  const tally = { steps: 0, transitions: 0, differences: 0 }
  for (const file of filesOf(path, actor)) await replayFile(file, { keys, options, env, tally })
  if (options.json !== true) env.stdout.write(`${summary(tally)}\n`)
  return tally.differences === 0 ? 0 : 1
}

interface Tally {
  steps: number
  transitions: number
  differences: number
}

interface Replaying {
  readonly keys: readonly string[]
  readonly options: ReplayOptions
  readonly env: CliEnv
  readonly tally: Tally
}

async function replayFile(file: string, { keys, options, env, tally }: Replaying): Promise<void> {
  try {
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
    const header = readHeader(lines[0])
    const load = Object.hasOwn(machines, header.machine) ? machines[header.machine] : undefined
    if (load === undefined) throw new RecordingError(`is of ${header.machine}, a machine that this version has not`)
    if (options.json !== true) env.stdout.write(`${printable(headline(file, header))}\n`)
    for (const step of replay(lines, await load(), keys)) {
      tally.steps += 1
      if (step.before !== step.after) tally.transitions += 1
      if (step.difference !== null) tally.differences += 1
      if (options.json === true) env.stdout.write(`${JSON.stringify(inJson(header.actor, step))}\n`)
      else if (options.all === true || step.before !== step.after || step.difference !== null)
        env.stdout.write(shown(step))
    }
  } catch (error) {
    if (error instanceof RecordingError) throw new CliError(`${file}: ${error.message}`)
    if (error instanceof MissingKeyError)
      throw new CliError(`${file}: ${error.message}: name a configuration that has it, -c FILE`)
    if ((error as NodeJS.ErrnoException).code !== undefined) throw new CliError(`${file}: ${(error as Error).message}`)
    throw error
  }
}

/** The oldest first. */
function filesOf(path: string, actor: string | undefined): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path]
  if (actor === undefined)
    throw new CliError(`${path} is a folder: say whose recording, such as: proxyha replay ${path} elector`)
  const files = Array.from({ length: FORMER_FILES + 1 }, (_, nth) =>
    join(path, recordingName(actor, FORMER_FILES - nth)),
  )
  const there = files.filter((file) => existsSync(file))
  if (there.length === 0) throw new CliError(`${join(path, recordingName(actor))}: there is no such recording`)
  return there
}

function keysOf(path: string): readonly string[] {
  const loaded = loadConfig(path)
  if (!loaded.ok) throw new CliError(...loaded.problems)
  const { key, keys } = loaded.value.cluster
  return keys ?? (key === undefined ? [] : [key])
}

function headline(file: string, { actor, at, version, missed }: ReturnType<typeof readHeader>): string {
  const gap = missed === 0 ? '' : `; behind a gap of ${missed} steps that were not written`
  const other = version === readVersion() ? '' : `, by ${version}: differences may be those of the versions`
  return `${file}: ${actor} from ${at} on${other}${gap}`
}

function shown({ wallMs, event, before, after, effects, difference, recorded }: ReplayedStep): string {
  const states = before === after ? after : `${before} -> ${after}`
  const lines = [`${new Date(wallMs).toISOString()}  ${eventText(event)}: ${states}`]
  lines.push(...effects.map((effect) => `    ${effectText(effect)}`))
  if (difference === 'effects') {
    const were = recorded.effects as readonly { readonly type: string }[]
    lines.push('  other effects than recorded:', ...were.map((effect) => `    ${effectText(effect)}`))
  } else if (difference !== null) {
    lines.push(`  recorded was: ${recorded.before} -> ${recorded.after}`)
  }
  return `${lines.map(printable).join('\n')}\n`
}

const inJson = (actor: string, { wallMs, event, before, after, effects, difference }: ReplayedStep) => ({
  at: new Date(wallMs).toISOString(),
  actor,
  event: eventText(event),
  before,
  after,
  effects: effects.map(effectText),
  difference,
})

function summary({ steps, transitions, differences }: Tally): string {
  const counted = `${steps} steps, ${transitions} changes of state`
  return differences === 0 ? `${counted}: all as recorded` : `${counted}: ${differences} steps are not as recorded`
}
