import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type CliEnv, CliError, DEFAULT_CONFIG } from '../env.ts'
import { joinGroup } from '../init/join.ts'
import { beginGroup } from '../init/new-group.ts'
import type { InitOptions, Order } from '../init/order.ts'
import { lookAround } from '../init/surroundings.ts'
import { Talk } from '../init/talk.ts'
import { type Choose, wholeNumber } from '../options.ts'

const HELP = `
Looks at this host and its subnet (interfaces, listening ports, other VRRP
routers for 4 s), asks what it cannot know, and writes a short configuration
and, beside it, the key of the group (cluster.key, mode 0600; where the host has
a group proxyha, as for the service, 0640 and its). Each answer is checked at
once: a virtual IP that is outside the subnet or that somebody answers for, a
VRID in use. Nothing of the host is changed, and nothing is written before the
last answer; what is there is never replaced without --force, a key never but by
--join with --force.

With --join FILE this is a further node of the group of FILE, the configuration
of another node: all settings of the group and its key (the file that
cluster.keyFile names, beside FILE) are taken along; only name, interface and
priority are this node's own.

Nobody is asked with --yes, or without a terminal: what has a proposal takes it,
and each flag that is missing is named.

Exit codes: 0 written, 1 not written, and why.

Examples:
  proxyha init
  proxyha init --virtual-ip 10.10.74.74 --redirect 8080:3128 --yes
  proxyha init --join gateway.yaml --priority 90 --yes
`

/** The user and the group of the unit that is shipped. */
const SERVICE = 'proxyha'

const collect = (value: string, former: readonly string[]): readonly string[] => [...former, value]

/** `proxyha init`: a first configuration. */
export function addInit(program: Command, env: CliEnv, choose: Choose): void {
  program
    .command('init')
    .description('write a first configuration for this host')
    .option('--interface <name>', 'the interface on the subnet of the group (default: that of the default route)')
    .option('--virtual-ip <address>', 'an address that clients use; may be repeated', collect, [])
    .option(
      '--redirect <port[:proxyport]>',
      'a port that clients use, and that of the proxy; may be repeated',
      collect,
      [],
    )
    .option(
      '--priority <number>',
      'of this node, 1..254 (default: 100; with --join 10 below that of FILE)',
      wholeNumber(1, 254),
    )
    .option('--virtual-router-id <number>', 'VRID (default: 51, or the next one that nobody uses)', wholeNumber(1, 255))
    .option('--name <name>', 'of this node (default: its hostname)')
    .option('--join <file>', 'the configuration of another node of the group')
    .option('-o, --output <file>', 'where to write it', DEFAULT_CONFIG)
    .option('--force', 'replace what is there')
    .option('-y, --yes', 'ask nothing: take what is proposed')
    .addHelpText('after', HELP)
    .action((options: InitOptions) => choose(() => init(options, env)))
}

async function init(options: InitOptions, env: CliEnv): Promise<number> {
  const output = resolve(options.output)
  if (existsSync(output) && options.force !== true)
    throw new CliError(`${output}: is there already; --force replaces it, --output names another file`)
  const isAttended = options.yes !== true && env.stdin.isTTY === true && env.stdout.isTTY === true
  const talk = isAttended ? new Talk(env) : undefined
  const voice = talk ?? new Talk(env)
  try {
    const say = (...lines: readonly string[]): void => voice.say(...lines)
    const show = (...lines: readonly string[]): void => voice.show(...lines)
    const serviceGroup = await env.host.survey.serviceGroup(SERVICE)
    const order: Order = { options, output, env, talk, around: await lookAround(env), serviceGroup, say, show }
    return await (options.join === undefined ? beginGroup(order) : joinGroup(order, options.join))
  } finally {
    talk?.close()
  }
}
