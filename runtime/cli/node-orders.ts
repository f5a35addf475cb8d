/** What the orders to a node have in common: how they are given, looked after, and told. */
import { InvalidArgumentError } from 'commander'
import type { GatewayStatus, NodeStatus } from '../../actors/inspector/messages.ts'
import { parseDurationMs } from '../../config/fields.ts'
import { printable } from '../terminal/look.ts'
import { type CliEnv, CliError } from './env.ts'
import { askGateway, type GatewayChoice, orderGateway } from './gateway-client.ts'
import type { PrintOptions } from './options.ts'
import { pause } from './pause.ts'

const LOOK_EVERY_MS = 500
/** An order is repeated for five beacons, which are 10 s apart at most. */
const CONFIRMED_WITHIN_MS = 60_000
/** A scanning node hears of where new clients go some beacons later; the director knows. */
const HEARSAY_MS = 5000

/** A node as the gateway that was asked sees it. */
interface Seen {
  readonly node: NodeStatus
  /** That gateway is a director. */
  readonly isDirector: boolean
}

/** How waiting for a node to be drained may go. */
export interface Waiting {
  /** On the monotonic clock. */
  readonly untilMs: number
  /** Said where the waiting is interrupted. */
  readonly interruption: string
}

/** An option that is a duration; `least` in ms. */
export const durationOption = (least: number) => (text: string) => {
  const ms = parseDurationMs(text)
  if (ms !== undefined && ms >= least) return ms
  throw new InvalidArgumentError('It must be a duration with its unit, such as 30s, 5m or 1h.')
}

/** Gives the order; the node's management IP. */
export async function orderNode(
  order: 'drain' | 'undrain' | 'maint',
  choice: GatewayChoice,
  query: Readonly<Record<string, string>>,
): Promise<string> {
  const path = `/${order}?${new URLSearchParams(query)}`
  const { address } = await orderGateway<{ readonly address: string }>(choice, path)
  return address
}

/** The node once its beacons say that it has taken the order. */
export async function confirmed(
  choice: GatewayChoice,
  env: CliEnv,
  address: string,
  isTaken: (node: NodeStatus) => boolean,
): Promise<Seen> {
  const untilMs = env.clock.nowMs() + CONFIRMED_WITHIN_MS
  for (;;) {
    const seen = await lookAt(choice, address)
    const { node } = seen
    if (node.state === 'stale') throw new CliError(`${titleOf(node)} is not heard of: order it there`)
    if (isTaken(node)) return seen
    if (env.clock.nowMs() >= untilMs) throw new CliError(`${titleOf(node)} did not take the order: order it there`)
    await wait(env, 'interrupted; the order is under way')
  }
}

/** Tells what is left until nothing is (`drained`), the time is over (`unfinished`), or no other node serves (`lastResort`). */
export async function untilDrained(
  first: Seen,
  options: PrintOptions,
  env: CliEnv,
  { untilMs, interruption }: Waiting,
): Promise<{ readonly node: NodeStatus; readonly outcome: 'drained' | 'unfinished' | 'lastResort' }> {
  let told = ''
  let servesSinceMs: number | null = null
  for (let seen = first; ; seen = await lookAt(options, first.node.address)) {
    const { node, isDirector } = seen
    const nowMs = env.clock.nowMs()
    if (node.drained) return { node, outcome: 'drained' }
    servesSinceMs = node.lastResort ? (servesSinceMs ?? nowMs) : null
    if (servesSinceMs !== null && (isDirector || nowMs - servesSinceMs >= HEARSAY_MS))
      return { node, outcome: 'lastResort' }
    if (nowMs >= untilMs) return { node, outcome: 'unfinished' }
    const progress = `${titleOf(node)}: ${leftText(node)}`
    if (options.json !== true && progress !== told) env.stdout.write(`${progress}\n`)
    told = progress
    await wait(env, interruption)
  }
}

/** The outcome as JSON or text; the exit code. What is no success is an error. */
export function report(node: NodeStatus, text: string, isDone: boolean, { json }: PrintOptions, env: CliEnv): number {
  const { name, address, state, drained, maint, lastResort, activeConnections } = node
  if (json !== true && !isDone) throw new CliError(text)
  const outcome = { node: name, address, state, drained, maint, lastResort, activeConnections }
  env.stdout.write(`${json ? JSON.stringify(outcome) : text}\n`)
  return isDone ? 0 : 1
}

export const titleOf = ({ name, address }: NodeStatus) => `${printable(name)} (${address})`

export const leftText = ({ activeConnections }: NodeStatus) =>
  `${activeConnections} connection${activeConnections === 1 ? '' : 's'} left`

async function lookAt(choice: GatewayChoice, address: string): Promise<Seen> {
  const { nodes, role } = await askGateway<GatewayStatus>(choice, '/status')
  const node = nodes.find((one) => one.address === address)
  if (node === undefined) throw new CliError(`${address} is not known here any more; see "proxyha status"`)
  return { node, isDirector: role === 'director' }
}

async function wait(env: CliEnv, interruption: string): Promise<void> {
  await pause(LOOK_EVERY_MS, env)
  if (env.interrupted.aborted) throw new CliError(interruption)
}
