/** What `proxyha status` shows: the verdict, this node, the election, the monitor, the nodes, the warnings. */
import type { GatewayStatus, ToldStatus } from '../../actors/inspector/messages.ts'
import { nodeLines, selfTitle, verdictLines } from '../terminal/group-view.ts'
import { colourOfState, fold, type Look, printable } from '../terminal/look.ts'
import { atBothEnds } from '../terminal/table.ts'
import { discardedLines, electionLines, VALUES_AT } from './election-lines.ts'

/** The status for people, in lines; `wallMs`: now. With a `clock` that stands at the end of the second line. */
export function statusLines(status: ToldStatus, look: Look, wallMs: number, clock?: string): readonly string[] {
  const { paint, columns } = look
  const who = `${paint(selfTitle(status), 'bold')} is ${paint(status.role, 'bold')}; forwards by ${status.forwarding}`
  return [
    ...verdictLines(status, look, wallMs),
    ...(clock === undefined ? [who] : atBothEnds(who, clock, columns)),
    '',
    ...electionLines(status, look),
    ...status.virtualIps.map(
      ({ address, held }, index) =>
        `${(index === 0 ? 'Virtual IP' : '').padEnd(VALUES_AT)}${address} ${held ? 'held here' : 'not here'}`,
    ),
    ...monitorLines(status, look),
    ...trackingLines(status, look),
    ...discardedLines(status, look),
    '',
    ...nodeLines(status.nodes, look),
    ...(status.warnings.length > 0 ? [''] : []),
    ...status.warnings.flatMap((warning) => warningLines(warning, look)),
  ]
}

function warningLines(warning: string, { paint, columns }: Look): readonly string[] {
  const title = 'warning:'
  const [first = '', ...others] = fold(`${title} ${printable(warning)}`, columns, title.length + 1)
  return [`${paint(title, 'yellow')}${first.slice(title.length)}`, ...others]
}

/** What the priority depends on, where it is configured to. */
function trackingLines({ vrrp }: GatewayStatus, { columns }: Look): readonly string[] {
  const tracked = vrrp.tracking.map(({ source, state, effect }) => `${source} ${state} (${effect})`)
  return tracked.length === 0 ? [] : fold(`Tracking    ${printable(tracked.join(', '))}`, columns, VALUES_AT)
}

function monitorLines({ monitor }: GatewayStatus, { paint, columns }: Look): readonly string[] {
  const problems = monitor.ports
    .filter(({ problem }) => problem !== null)
    .map(({ port, problem }) => `port ${port} ${problem}`)
  const title = 'Monitor     '
  const text = problems.length === 0 ? '' : ` (${printable(problems.join(', '))})`
  const [first = '', ...others] = fold(`${title}${monitor.state}${text}`, columns, VALUES_AT)
  const state = paint(monitor.state, colourOfState(monitor.state))
  return [`${title}${state}${first.slice(title.length + monitor.state.length)}`, ...others]
}
