import { type Command, InvalidArgumentError } from 'commander'
import type { GatewayStatus, NodeStatus } from '../../actors/inspector/messages.ts'
import { parseDurationMs } from '../../config/fields.ts'
import { type CliEnv, CliError } from './env.ts'
import { askGateway, type GatewayChoice, orderGateway } from './gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from './options.ts'
import { pause } from './pause.ts'
import { printable } from './table.ts'

interface DrainOptions extends PrintOptions {
  /** Milliseconds. */
  readonly timeout: number
}

const DRAIN_HELP = `
NODE is a node's name or management IP. To be run on the director, or on the node itself.

A node that drains gets no new clients; those that have connections to it keep them, and come back to it until they have none.
It stays in the group, and director if it is that. It drains until "proxyha undrain", also when the director changes and when its gateway
is started anew. The last nodes that work go on although they drain.

Ctrl-C ends the waiting, not the draining.

Exit codes: 0 drained, 1 refused, or not drained within the timeout.

Examples:
  proxyha drain mars
  proxyha drain 10.10.74.71 --timeout 30m
`

const UNDRAIN_HELP = `
NODE is a node's name or management IP. To be run on the director, or on the node itself. The node gets its share of new clients
again, slowly at first (balancing.slowStart).

Exit codes: 0 it drains no more, 1 refused.

Example:
  proxyha undrain mars
`

const LOOK_EVERY_MS = 500
/** An order is repeated for five beacons, which are 10 s apart at most. */
const CONFIRMED_WITHIN_MS = 60_000

/** `proxyha drain NODE`: no new clients, and a word when the last is gone. */
export function addDrain(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('drain'))
    .description('give a node no new clients, and wait until it has none')
    .argument('<node>', 'name or management IP')
    .option('-t, --timeout <duration>', 'wait so long', parseTimeout, 300_000)
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', DRAIN_HELP)
    .action((node: string, options: DrainOptions) => choose(() => drain(node, options, env)))
}

/** `proxyha undrain NODE`: the end of it. */
export function addUndrain(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('undrain'))
    .description('give a node new clients again')
    .argument('<node>', 'name or management IP')
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', UNDRAIN_HELP)
    .action((node: string, options: PrintOptions) => choose(() => undrain(node, options, env)))
}

function parseTimeout(text: string): number {
  const ms = parseDurationMs(text)
  if (ms !== undefined && ms > 0) return ms
  throw new InvalidArgumentError('It must be a duration with its unit, such as 30s, 5m or 1h.')
}

async function drain(asked: string, options: DrainOptions, env: CliEnv): Promise<number> {
  const { address } = await ordered('drain', asked, options)
  const beganMs = env.clock.nowMs()
  let node = await confirmed(options, env, address, (state) => state !== 'ok')
  if (node.state !== 'draining')
    throw new CliError(`${titleOf(node)} is ${node.state}: it gets no clients as it is, and drains when it is ok`)
  let told = ''
  while (!node.drained) {
    const waitedMs = env.clock.nowMs() - beganMs
    if (waitedMs >= options.timeout) return unfinished(node, options, env)
    const progress = `${titleOf(node)}: ${leftText(node)}`
    if (options.json !== true && progress !== told) env.stdout.write(`${progress}\n`)
    told = progress
    await wait(env, `${titleOf(node)} goes on draining, until "proxyha undrain ${asked}"`)
    node = await lookAt(options, address)
  }
  report(node, true, `${titleOf(node)} is drained`, options, env)
  return 0
}

async function undrain(asked: string, options: PrintOptions, env: CliEnv): Promise<number> {
  const { address } = await ordered('undrain', asked, options)
  const node = await confirmed(options, env, address, (state) => state !== 'draining')
  const text = options.json ? JSON.stringify(node) : `${titleOf(node)} drains no more: it is ${node.state}`
  env.stdout.write(`${text}\n`)
  return 0
}

const ordered = (order: 'drain' | 'undrain', node: string, choice: GatewayChoice) =>
  orderGateway<{ readonly address: string }>(choice, `/${order}?${new URLSearchParams({ node })}`)

/** The node once its beacons say that it has taken the order. */
async function confirmed(
  choice: GatewayChoice,
  env: CliEnv,
  address: string,
  isTaken: (state: NodeStatus['state']) => boolean,
): Promise<NodeStatus> {
  const untilMs = env.clock.nowMs() + CONFIRMED_WITHIN_MS
  for (;;) {
    const node = await lookAt(choice, address)
    if (node.state === 'stale') throw new CliError(`${titleOf(node)} is not heard of: order it there`)
    if (isTaken(node.state)) return node
    if (env.clock.nowMs() >= untilMs) throw new CliError(`${titleOf(node)} did not take the order: order it there`)
    await wait(env, 'interrupted; the order is under way')
  }
}

async function lookAt(choice: GatewayChoice, address: string): Promise<NodeStatus> {
  const { nodes } = await askGateway<GatewayStatus>(choice, '/status')
  const node = nodes.find((one) => one.address === address)
  if (node === undefined) throw new CliError(`${address} is not known here any more; see "proxyha status"`)
  return node
}

async function wait(env: CliEnv, interruption: string): Promise<void> {
  await pause(LOOK_EVERY_MS, env)
  if (env.interrupted.aborted) throw new CliError(interruption)
}

function unfinished(node: NodeStatus, options: DrainOptions, env: CliEnv): number {
  const text = `${titleOf(node)} is not drained: ${leftText(node)}; it goes on draining`
  if (options.json !== true) throw new CliError(text)
  report(node, false, text, options, env)
  return 1
}

function report(node: NodeStatus, drained: boolean, text: string, { json }: PrintOptions, env: CliEnv): void {
  const { name, address, state, activeConnections } = node
  const outcome = { node: name, address, state, drained, activeConnections }
  env.stdout.write(`${json ? JSON.stringify(outcome) : text}\n`)
}

const titleOf = ({ name, address }: NodeStatus) => `${printable(name)} (${address})`

const leftText = ({ activeConnections }: NodeStatus) =>
  `${activeConnections} connection${activeConnections === 1 ? '' : 's'} left`
