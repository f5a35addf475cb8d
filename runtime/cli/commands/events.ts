import type { Command } from 'commander'
import type { TimelineEntry } from '../../../actors/inspector/messages.ts'
import type { InspectionEvent } from '../../actor-system/inspection/inspection.ts'
import { lookOf, painter } from '../../terminal/look.ts'
import { type CliEnv, CliError } from '../env.ts'
import { askGateway, followGateway } from '../gateway-client.ts'
import { formatInternalEvent } from '../internal-events.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'
import { pause } from '../pause.ts'
import { entryLines } from '../timeline-lines.ts'

interface EventsOptions extends PrintOptions {
  readonly follow?: boolean
  readonly internal?: boolean
  readonly messages?: boolean
}

const HELP = `
What happened to the group, as this node knows it: who leads and why, nodes that
fail, return, join or leave, orders and who gave them, reloads, warnings that
begin and end. The last 1000, also of before a restart. Times are UTC.

With --internal the last 1000 events of the gateway's actors instead: starts,
crashes, restarts, changes of state, log lines, lost messages.

Examples:
  proxyha events | tail
  proxyha events --follow
  proxyha events --json | jq 'select(.level == "failure")'
  proxyha events --internal
  proxyha events --follow --messages    single messages between actors, too
`

const LOOK_EVERY_MS = 1000

/** `proxyha events`: what happened. */
export function addEvents(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('events'))
    .description('what happened: failovers, failures, orders, warnings')
    .option('-f, --follow', 'go on with what happens, until interrupted')
    .option('--internal', 'what the parts of the gateway did, instead')
    .option('--messages', 'with --follow: internal, with single messages')
    .option('--json', 'as JSON, one line an event')
    .addHelpText('after', HELP)
    .action((options: EventsOptions) => choose(() => events(options, env)))
}

function events(options: EventsOptions, env: CliEnv): Promise<number> {
  if (options.internal || options.messages)
    return options.follow ? followInternal(options, env) : pastInternal(options, env)
  return options.follow ? follow(options, env) : past(options, env)
}

async function past(options: EventsOptions, env: CliEnv): Promise<number> {
  for (const entry of await entriesOf(options, '/timeline')) write(entry, options, env)
  return 0
}

/** Asks for what is new: so nothing is missed, and a stream that stands still is noticed. */
async function follow(options: EventsOptions, env: CliEnv): Promise<number> {
  let path = '/timeline'
  while (!env.interrupted.aborted) {
    let entries: readonly TimelineEntry[]
    try {
      entries = await entriesOf(options, path)
    } catch (error) {
      if (!(error instanceof CliError) || path === '/timeline') throw error
      throw new CliError('the gateway has ended, or does not answer any more', ...error.lines)
    }
    for (const entry of entries) write(entry, options, env)
    const last = entries.at(-1)
    if (last !== undefined) path = `/timeline?after=${last.id}`
    await pause(LOOK_EVERY_MS, env)
  }
  return 0
}

const entriesOf = async (options: EventsOptions, path: string): Promise<readonly TimelineEntry[]> =>
  (await askGateway<{ readonly entries: readonly TimelineEntry[] }>(options, path)).entries

function write(entry: TimelineEntry, { json }: EventsOptions, env: CliEnv): void {
  const text = json ? JSON.stringify(entry) : entryLines(entry, lookOf(env)).join('\n')
  env.stdout.write(`${text}\n`)
}

async function pastInternal(options: EventsOptions, env: CliEnv): Promise<number> {
  const events = await askGateway<readonly InspectionEvent[]>(options, '/events?follow=0')
  for (const event of events) writeInternal(event, options, env)
  return 0
}

async function followInternal(options: EventsOptions, env: CliEnv): Promise<number> {
  const path = options.messages ? '/events?messages=1' : '/events'
  const end = await followGateway(options, path, env.interrupted, (line) => {
    if (!line.startsWith('data: ')) return
    writeInternal(JSON.parse(line.slice('data: '.length)) as InspectionEvent, options, env)
  })
  if (end === 'interrupted') return 0
  env.stderr.write('the gateway has ended the stream\n')
  return 1
}

function writeInternal(event: InspectionEvent, { json }: EventsOptions, env: CliEnv): void {
  env.stdout.write(`${json ? JSON.stringify(event) : formatInternalEvent(event, painter(env))}\n`)
}
