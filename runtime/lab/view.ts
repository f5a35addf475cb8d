import type { ToldStatus } from '../../actors/inspector/messages.ts'
import { nodeLines, verdictLines } from '../terminal/group-view.ts'
import { type Colour, cut, type Look } from '../terminal/look.ts'
import type { Group } from './group.ts'
import type { LabPage } from './pages.ts'
import { gateways, virtualIp } from './plan.ts'
import { formatMoment, type Moment } from './timeline.ts'
import { monotonicMs } from './traffic.ts'

/** All that a picture of the lab shows. */
export interface Picture {
  readonly gateways: readonly GatewayPicture[]
  /** As the director tells it, or else any gateway; null: none does. */
  readonly status: ToldStatus | null
  readonly requestsPerSecond: number
  readonly failed: number
  /** Requests per second so far, oldest first. */
  readonly history: readonly number[]
  readonly moments: readonly Moment[]
  readonly pages: readonly LabPage[]
  /** What the operator can do. */
  readonly hint: string
}

/** What the lab itself knows of a gateway. */
interface GatewayPicture {
  readonly name: string
  readonly priority: number
  readonly holdsVip: boolean
  readonly running: boolean
  readonly proxyRunning: boolean
  /** Part of the requests of the last seconds, 0..1. */
  readonly share: number
}

const barWidth = 24
const steps = '▁▂▃▄▅▆▇█'
const colours = {
  step: 'bold',
  event: undefined,
  figure: undefined,
  passed: 'green',
  failed: 'red',
} as const satisfies Record<Moment['kind'], Colour | undefined>

/** The picture as lines, none longer than there is room for and no more than `rows`; `wallMs`: now. */
export function drawPicture(picture: Picture, look: Look, rows: number, wallMs: number): readonly string[] {
  const { status, requestsPerSecond, failed, history, pages, hint } = picture
  const { paint, columns } = look
  const failures = paint(`${failed} failed in 2 s`, failed > 0 ? 'red' : undefined)
  const head = [
    `${paint('proxyha lab', 'bold')}   VIP ${virtualIp}   ${Math.round(requestsPerSecond)} requests/s   ${failures}`,
    sparkline(history.slice(-(columns - 2))),
    ...(status === null
      ? [paint('no gateway answers', 'red')]
      : [...verdictLines(status, look, wallMs), ...nodeLines(status.nodes, look)]),
    '',
    ...picture.gateways.map((gateway) => drawGateway(gateway, look)),
    '',
  ]
  const foot = ['', ...pageLine(pages), hint]
  const room = Math.max(0, rows - head.length - foot.length)
  const moments = room === 0 ? [] : picture.moments.slice(-room)
  const told = moments.map((moment) => paint(formatMoment(moment), colours[moment.kind]))
  return [...head, ...told, ...foot].slice(0, rows).map((line) => cut(line, columns))
}

/** `pages: http://127.0.0.1:4001 jupiter, :4002 saturn` */
function pageLine(pages: readonly LabPage[]): readonly string[] {
  const [first, ...others] = pages
  if (first === undefined) return []
  const more = others.map(({ host, url }) => `, ${url.slice(url.lastIndexOf(':'))} ${host}`)
  return [`pages: ${first.url} ${first.host}${more.join('')}`]
}

function drawGateway(gateway: GatewayPicture, { paint }: Look): string {
  const role = gateway.holdsVip ? 'holds VIP' : gateway.running ? '' : 'off'
  const filled = Math.round(gateway.share * barWidth)
  const bar = '█'.repeat(filled).padEnd(barWidth, '·')
  const percent = `${Math.round(gateway.share * 100)}%`.padStart(4)
  const proxy = gateway.proxyRunning ? 'proxy up' : paint('proxy down', 'red')
  const name = `${gateway.name} (${gateway.priority})`.padEnd(14)
  return `  ${name}${role.padEnd(9)} ${bar}${percent}  ${proxy}`
}

/** One character a value, scaled to the largest. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 1)
  return values.map((value) => steps[Math.min(steps.length - 1, Math.floor((value / most) * steps.length))]).join('')
}

/** One line for where no terminal is: `412 requests/s: jupiter* 34%, saturn 33%, uranus 33%` (* is the director). */
export function describeTraffic(picture: Picture): string {
  const shares = picture.gateways.map(
    ({ name, holdsVip, share }) => `${name}${holdsVip ? '*' : ''} ${Math.round(share * 100)}%`,
  )
  return `${Math.round(picture.requestsPerSecond)} requests/s: ${shares.join(', ')}`
}

/** Looks at the running lab. */
export function takePicture(
  group: Group,
  history: readonly number[],
  moments: readonly Moment[],
  hint: string,
): Picture {
  const { perSecond, failed, shares } = group.rate.read(monotonicMs())
  const director = group.director
  const statuses = gateways.map(({ host }) => group.statusOf(host))
  return {
    status: (director === null ? null : group.statusOf(director)) ?? statuses.find((status) => status !== null) ?? null,
    requestsPerSecond: perSecond,
    failed,
    history,
    moments,
    pages: group.pages,
    hint,
    gateways: gateways.map(({ host: name, priority }) => ({
      name,
      priority,
      holdsVip: director === name,
      running: group.isRunning(name),
      proxyRunning: group.isProxyRunning(name),
      share: shares.get(name) ?? 0,
    })),
  }
}
