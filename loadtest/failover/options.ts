import { parseArgs } from 'node:util'
import { isCount, type Mistake, readingOptions } from '../option-reading.ts'
import { faults, loads, paces, type Selection } from './plan.ts'
import type { ResultFiles } from './results.ts'

export interface FailoverOptions extends Selection, ResultFiles {
  readonly rounds: number
  /** Minutes of each quiet run instead of faults; null = faults. */
  readonly quietMinutes: number | null
}

export type ParsedOptions =
  | { readonly type: 'run'; readonly options: FailoverOptions }
  /** Nothing is measured: one table of what earlier runs have in their files. */
  | { readonly type: 'gather'; readonly from: readonly string[]; readonly files: ResultFiles }
  | { readonly type: 'help' }
  | Mistake

const names = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name).join(', ')

/** What `--help` prints. */
export const usage = `npm run loadtest:failover -- [options]

How long is the VIP out of reach when the director changes: proxyha beside keepalived, in the same namespaces of this machine,
in turns, and proxyha in kernel mode at a redirect. A round of everything takes some 25 minutes.

  --rounds N       rounds (10)
  --fault NAME     only this fault; may be given again: ${names(faults)}
  --pace NAME      only this version and advert interval; may be given again: ${names(paces)}
  --load NAME      only idle or busy (one busy loop per core)
  --quiet-run      no fault at all: count what changes although nothing happened, busy, at the paces below 1 s
  --minutes N      minutes of each quiet run (10)
  --json FILE      where the figures go (loadtest/results/failover.json, failover-quiet.json)
  --svg FILE       draw the plot, too
  --from FILE      measure nothing: one table, JSON and plot of what earlier runs wrote by --json; may be given again
`

const fastPaces = paces.filter(({ advertIntervalMs }) => advertIntervalMs < 1000)

/** Reads the command line; `defaultJson` names the file for what is run. */
export function parseOptions(args: readonly string[], defaultJson: (name: string) => string): ParsedOptions {
  return readingOptions(() => interpret(read(args), defaultJson))
}

function read(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '10' },
      fault: { type: 'string', multiple: true },
      pace: { type: 'string', multiple: true },
      load: { type: 'string', multiple: true },
      'quiet-run': { type: 'boolean', default: false },
      minutes: { type: 'string', default: '10' },
      json: { type: 'string' },
      svg: { type: 'string' },
      from: { type: 'string', multiple: true },
      help: { type: 'boolean', default: false },
    },
  }).values
}

function interpret(values: ReturnType<typeof read>, defaultJson: (name: string) => string): ParsedOptions {
  if (values.help) return { type: 'help' }
  const quiet = values['quiet-run']
  for (const [option, value] of [
    ['--rounds', values.rounds],
    ['--minutes', values.minutes],
  ] as const) {
    if (!isCount(Number(value))) return mistake(`${option}: ${value} is not a whole number from 1 to 1000`)
  }
  const unknown =
    unknownOf('--fault', values.fault, faults) ??
    unknownOf('--pace', values.pace, paces) ??
    unknownOf('--load', values.load, loadNames)
  if (unknown !== undefined) return mistake(unknown)
  const options = {
    rounds: Number(values.rounds),
    quietMinutes: quiet ? Number(values.minutes) : null,
    faults: faults.filter(({ name }) => values.fault?.includes(name) ?? true),
    paces: paces.filter((pace) => values.pace?.includes(pace.name) ?? (!quiet || fastPaces.includes(pace))),
    loads: loads.filter((load) => values.load?.includes(load) ?? (!quiet || load === 'busy')),
    json: values.json ?? defaultJson(quiet ? 'failover-quiet' : 'failover'),
    svg: values.svg ?? null,
  }
  return values.from === undefined ? { type: 'run', options } : { type: 'gather', from: values.from, files: options }
}

const loadNames = loads.map((name) => ({ name }))

function unknownOf(
  option: string,
  given: readonly string[] | undefined,
  known: readonly { readonly name: string }[],
): string | undefined {
  const unknown = given?.find((name) => !known.some((item) => item.name === name))
  return unknown === undefined ? undefined : `${option}: there is no ${unknown}, only ${names(known)}`
}

function mistake(reason: string): ParsedOptions {
  return { type: 'mistake', reason }
}
