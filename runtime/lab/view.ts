import type { Group } from './group.ts'
import { gateways, virtualIp } from './plan.ts'
import { formatMoment, type Moment } from './timeline.ts'
import { monotonicMs } from './traffic.ts'

/** All that a picture of the lab shows. */
export interface Picture {
  readonly gateways: readonly GatewayPicture[]
  readonly requestsPerSecond: number
  readonly failed: number
  /** Requests per second so far, oldest first. */
  readonly history: readonly number[]
  readonly moments: readonly Moment[]
  /** What the operator can do. */
  readonly hint: string
}

interface GatewayPicture {
  readonly name: string
  readonly priority: number
  readonly holdsVip: boolean
  readonly running: boolean
  readonly proxyRunning: boolean
  /** State as the director's status has it. */
  readonly state: string
  readonly slots: number
  /** Part of the requests of the last seconds, 0..1. */
  readonly share: number
}

const barWidth = 24
const steps = '▁▂▃▄▅▆▇█'

/** The picture as lines, none longer than `columns` and no more than `rows`. */
export function drawPicture(picture: Picture, columns: number, rows: number): readonly string[] {
  const head = [
    `proxyha lab   VIP ${virtualIp}   ${Math.round(picture.requestsPerSecond)} requests/s   ${picture.failed} failed in 2 s`,
    sparkline(picture.history.slice(-(columns - 2))),
    '',
    ...picture.gateways.map(drawGateway),
    '',
  ]
  const room = Math.max(0, rows - head.length - 2)
  const moments = room === 0 ? [] : picture.moments.slice(-room).map(formatMoment)
  return [...head, ...moments, '', picture.hint].slice(0, rows).map((line) => line.slice(0, columns))
}

function drawGateway(gateway: GatewayPicture): string {
  const role = gateway.holdsVip ? 'DIRECTOR' : gateway.running ? 'node' : 'down'
  const filled = Math.round(gateway.share * barWidth)
  const bar = '█'.repeat(filled).padEnd(barWidth, '·')
  const percent = `${Math.round(gateway.share * 100)}%`.padStart(4)
  const proxy = gateway.proxyRunning ? 'proxy up' : 'proxy down'
  const name = `${gateway.name} (${gateway.priority})`.padEnd(14)
  return `  ${name}${role.padEnd(9)} ${bar}${percent}  ${`${gateway.slots} slots`.padStart(10)}  ${gateway.state.padEnd(8)} ${proxy}`
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
  const known = director === null ? [] : (group.statusOf(director)?.nodes ?? [])
  return {
    requestsPerSecond: perSecond,
    failed,
    history,
    moments,
    hint,
    gateways: gateways.map(({ host: name, priority }) => {
      const node = known.find((candidate) => candidate.name === name)
      return {
        name,
        priority,
        holdsVip: director === name,
        running: group.isRunning(name),
        proxyRunning: group.isProxyRunning(name),
        state: node?.state ?? 'unknown',
        slots: node?.slots ?? 0,
        share: shares.get(name) ?? 0,
      }
    }),
  }
}
