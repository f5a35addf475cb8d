import type { Command } from 'commander'
import type { GatewayStatus, NodeStatus } from '../../../actors/inspector/messages.ts'
import { discardedLines, electionLines } from '../election-lines.ts'
import type { CliEnv } from '../env.ts'
import { CliError } from '../env.ts'
import { askGateway } from '../gateway-client.ts'
import { addGatewayOptions, type Choose, type PrintOptions } from '../options.ts'
import { pause } from '../pause.ts'
import {
  type Column,
  colourOfState,
  figure,
  formatAge,
  formatShare,
  formatTable,
  type Paint,
  painter,
  printable,
} from '../table.ts'

interface StatusOptions extends PrintOptions {
  readonly watch?: boolean
}

const HELP = `
On the director all nodes are shown, on a scanning node the director and itself. A star marks the node that was asked.
Of several instances each has a line; ROLE is director for a node that leads any of them.
WEIGHT is what a node's new clients are in proportion to, 0..256: with ! it is overloaded, with + it starts slowly.
STATE is draining, or maint, for a node that gets no new connections by an operator's order; missing for one that is not heard any more
(a warning says since when; "proxyha forget" ends it); left for one whose gateway stopped in order.
ACTIVE and TOTAL are connections, SLOTS a node's part of the 4096 slots that clients fall into.

Examples:
  proxyha status
  proxyha status --watch
  proxyha status --json | jq .role
`

const WATCH_INTERVAL_MS = 1000
const CLEAR_SCREEN = '\u001b[H\u001b[2J'

/** `proxyha status`: the director shows all nodes, a scanning node the director and itself. */
export function addStatus(program: Command, env: CliEnv, choose: Choose): void {
  addGatewayOptions(program.command('status'))
    .description('who is director, which nodes take part, what is wrong')
    .option('--json', 'as JSON')
    .option('-w, --watch', 'again every second, until interrupted; with --json one line each')
    .addHelpText('after', HELP)
    .action((options: StatusOptions) => choose(() => (options.watch ? watch(options, env) : once(options, env))))
}

async function once(options: StatusOptions, env: CliEnv): Promise<number> {
  const status = await askGateway<GatewayStatus>(options, '/status')
  env.stdout.write(options.json ? `${JSON.stringify(status, null, 2)}\n` : formatStatus(status, painter(env)))
  return 0
}

/** A gateway that is gone may come back: that is what somebody who watches wants to see. */
async function watch(options: StatusOptions, env: CliEnv): Promise<number> {
  while (!env.interrupted.aborted) {
    let shown: string
    try {
      const status = await askGateway<GatewayStatus>(options, '/status')
      shown = options.json ? `${JSON.stringify(status)}\n` : formatStatus(status, painter(env))
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      shown = options.json ? `${JSON.stringify({ error: error.message })}\n` : `${error.message}\n`
    }
    env.stdout.write(!options.json && env.stdout.isTTY ? CLEAR_SCREEN + shown : shown)
    await pause(WATCH_INTERVAL_MS, env)
  }
  return 0
}

/** The status for people, at most 100 columns wide. */
function formatStatus(status: GatewayStatus, paint: Paint): string {
  const held = status.virtualIps.map(({ address, held }) => `${address} ${held ? 'held here' : 'not here'}`)
  const lines = [
    `${paint(printable(status.node), 'bold')} is ${paint(status.role, 'bold')}; forwards by ${status.forwarding}`,
    '',
    ...electionLines(status, paint),
    ...held.map((text, index) => `${index === 0 ? 'Virtual IP' : '          '}  ${text}`),
    `Monitor     ${monitorOf(status, paint)}`,
    ...trackingOf(status),
    ...discardedLines(status),
    '',
    ...formatTable(NODE_COLUMNS, status.nodes, paint),
    ...(status.warnings.length > 0 ? [''] : []),
    ...status.warnings.map((warning) => `${paint('warning:', 'yellow')} ${printable(warning)}`),
  ]
  return `${lines.join('\n')}\n`
}

/** What the priority depends on, where it is configured to. */
function trackingOf({ vrrp }: GatewayStatus): readonly string[] {
  const tracked = vrrp.tracking.map(({ source, state, effect }) => `${source} ${state} (${effect})`)
  return tracked.length === 0 ? [] : [`Tracking    ${tracked.join(', ')}`]
}

function monitorOf({ monitor }: GatewayStatus, paint: Paint): string {
  const problems = monitor.ports
    .filter(({ problem }) => problem !== null)
    .map(({ port, problem }) => `port ${port} ${problem}`)
  const state = paint(monitor.state, colourOfState(monitor.state))
  return problems.length === 0 ? state : `${state} (${printable(problems.join(', '))})`
}

/** With what holds it back, where that is more than its load: `0!` overloaded, `102+` starts slowly. */
const weightText = ({ weight, overloaded, slowStart }: NodeStatus): string =>
  `${weight}${overloaded ? '!' : ''}${slowStart === null ? '' : '+'}`

/** For people: by an operator's order, or gone, and how. */
function stateText({ state, maint, missing, left }: NodeStatus): string {
  if (missing) return 'missing'
  if (left) return 'left'
  return maint && state === 'draining' ? 'maint' : state
}

/** What a node said last is not so any more where it is gone. */
const ofPresent = ({ missing, left }: NodeStatus, text: string): string => (missing || left ? '-' : text)

const NODE_COLUMNS: readonly Column<NodeStatus>[] = [
  { title: ' NODE', maxWidth: 18, text: ({ self, name }) => `${self ? '*' : ' '}${name}` },
  { title: 'ADDRESS', text: ({ address }) => address },
  { title: 'ROLE', text: ({ director }) => (director ? 'director' : 'scanning') },
  {
    title: 'STATE',
    text: stateText,
    colour: ({ state, left }) => (left ? undefined : colourOfState(state)),
  },
  { title: 'SLOTS', align: 'right', text: ({ slots }) => String(slots) },
  { title: 'WEIGHT', align: 'right', text: weightText },
  { title: 'ACTIVE', align: 'right', text: (node) => ofPresent(node, String(node.activeConnections)) },
  { title: 'TOTAL', align: 'right', text: ({ totalConnections }) => figure(totalConnections) },
  { title: 'CPU', align: 'right', text: (node) => ofPresent(node, formatShare(node.cpu)) },
  { title: 'MEM', align: 'right', text: (node) => ofPresent(node, formatShare(node.memory)) },
  { title: 'SEEN', align: 'right', text: ({ lastSeenMs, self }) => (self ? '-' : formatAge(lastSeenMs)) },
]
