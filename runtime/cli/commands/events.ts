import type { Command } from 'commander'
import type { InspectionEvent } from '../../actor-system/inspection/inspection.ts'
import type { CliEnv } from '../env.ts'
import { askGateway, followGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'
import { type Colour, type Paint, painter, printable } from '../table.ts'

interface EventsOptions extends PrintOptions {
  readonly follow?: boolean
  readonly messages?: boolean
}

const HELP = `
Shows the last 1000 events of the gateway's actors: starts, crashes, restarts, changes of state, log lines, lost messages.

Examples:
  proxyha events | tail
  proxyha events --follow
  proxyha events --follow --messages    every single message between the actors, too
  proxyha events --json | jq 'select(.type == "state")'
`

/** `proxyha events`: what happened. */
export function addEvents(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('events'))
    .description('what happened in the gateway')
    .option('-f, --follow', 'go on with what happens, until interrupted')
    .option('--messages', 'with --follow: single messages, too')
    .option('--json', 'as JSON, one line an event')
    .addHelpText('after', HELP)
    .action((options: EventsOptions) => choose(() => (options.follow ? follow(options, env) : past(options, env))))
}

async function past(options: EventsOptions, env: CliEnv): Promise<number> {
  const events = await askGateway<readonly InspectionEvent[]>(options, '/events?follow=0')
  for (const event of events) write(event, options, env)
  return 0
}

async function follow(options: EventsOptions, env: CliEnv): Promise<number> {
  const path = options.messages ? '/events?messages=1' : '/events'
  const end = await followGateway(options, path, env.interrupted, (line) => {
    if (line.startsWith('data: ')) write(JSON.parse(line.slice('data: '.length)) as InspectionEvent, options, env)
  })
  if (end === 'interrupted') return 0
  env.stderr.write('the gateway has ended the stream\n')
  return 1
}

function write(event: InspectionEvent, { json }: EventsOptions, env: CliEnv): void {
  env.stdout.write(`${json ? JSON.stringify(event) : formatEvent(event, painter(env))}\n`)
}

/** One line of an event. */
function formatEvent(event: InspectionEvent, paint: Paint): string {
  const actor = printable(event.actor).padEnd(14)
  return `${new Date(event.wallMs).toISOString()}  ${actor}  ${paint(printable(describeEvent(event)), colourOf(event))}`
}

function describeEvent(event: InspectionEvent): string {
  switch (event.type) {
    case 'spawned':
      return event.incarnation === 0 ? 'started' : `started again (incarnation ${event.incarnation})`
    case 'stopped':
      return 'stopped'
    case 'crashed':
      return `crashed: ${event.reason}`
    case 'restarting':
      return `restarts in ${event.delayMs} ms (incarnation ${event.incarnation})`
    case 'escalated':
      return `gave up: ${event.reason}`
    case 'stalled':
      return `gave no sign of life for ${Math.round(event.silentMs)} ms`
    case 'state':
      return `${event.from} -> ${event.to} (${event.cause})`
    case 'log':
      return `${event.level}: ${event.line}`
    case 'deadLetter':
      return `${event.count ?? 1} x ${event.message} to ${event.to} lost: ${event.reason}`
    case 'message':
      return `got ${event.message} from ${event.from}, ${event.bytes} bytes, waited ${event.waitedMs.toFixed(1)} ms`
    default:
      return event satisfies never
  }
}

function colourOf(event: InspectionEvent): Colour | undefined {
  if (event.type === 'crashed' || event.type === 'escalated' || event.type === 'stalled') return 'red'
  if (event.type === 'log') return event.level === 'error' ? 'red' : event.level === 'warn' ? 'yellow' : undefined
  if (event.type === 'state') return 'bold'
  return event.type === 'deadLetter' || event.type === 'restarting' ? 'yellow' : undefined
}
