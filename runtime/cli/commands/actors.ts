import type { Command } from 'commander'
import type { ActorDescription } from '../../actor-system/inspection/description.ts'
import { colourOfState, lookOf } from '../../terminal/look.ts'
import { type Column, formatAge, formatMs, formatTable } from '../../terminal/table.ts'
import type { CliEnv } from '../env.ts'
import { askGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'

const HELP = `
Those of one THREAD share it. CLASS says how it is scheduled: realtime before
everything ordinary on the host. MAILBOX is the number of messages under way to
an actor, HANDLED those that it has dealt with, LOST those that met a full
mailbox.

Example:
  proxyha actors
`

/** `proxyha actors`: what runs. */
export function addActors(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('actors'))
    .description('the running actors')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action((options: PrintOptions) => choose(() => actors(options, env)))
}

async function actors(options: PrintOptions, env: CliEnv): Promise<number> {
  const descriptions = await askGateway<readonly ActorDescription[]>(options, '/actors')
  const shown = options.json
    ? JSON.stringify(descriptions, null, 2)
    : formatTable(COLUMNS, descriptions, lookOf(env)).join('\n')
  env.stdout.write(`${shown}\n`)
  return 0
}

const COLUMNS: readonly Column<ActorDescription>[] = [
  { title: 'ACTOR', maxWidth: 24, text: ({ name }) => name },
  { title: 'STATE', text: ({ state }) => state, colour: ({ state }) => colourOfState(state) },
  {
    title: 'THREAD',
    align: 'right',
    text: ({ placement, threadId }) => (placement === 'main' ? 'main' : String(threadId ?? '-')),
  },
  {
    title: 'CLASS',
    yields: 4,
    text: ({ scheduling }) => scheduling,
  },
  { title: 'UP', align: 'right', yields: 1, text: ({ upMs }) => formatAge(upMs) },
  {
    title: 'RESTARTS',
    align: 'right',
    text: ({ restarts }) => String(restarts),
    colour: ({ restarts }) => (restarts > 0 ? 'yellow' : undefined),
  },
  { title: 'MAILBOX', align: 'right', text: ({ mailbox }) => String(mailbox) },
  { title: 'HANDLED', align: 'right', yields: 2, text: ({ handled }) => String(handled) },
  {
    title: 'LOST',
    align: 'right',
    text: ({ overflowed }) => String(overflowed),
    colour: ({ overflowed }) => (overflowed > 0 ? 'red' : undefined),
  },
  { title: 'P50', align: 'right', yields: 3, text: ({ handlingMs }) => formatMs(handlingMs?.p50 ?? null) },
  { title: 'P99', align: 'right', text: ({ handlingMs }) => formatMs(handlingMs?.p99 ?? null) },
]
