import { modes } from '../group/network.ts'
import { layOut } from '../output.ts'
import type { Measurement, Phase } from './plan.ts'

const titles: Readonly<Record<Phase, string>> = {
  quiet: 'no flood',
  aside: 'flood at another host',
  flood: 'flood at the VIP',
}

/** The measurements as the lines of a table; ratios are of the answers, to those of the same mode. */
export function drawMeasurements(measurements: readonly Measurement[]): readonly string[] {
  const header =
    'mode | SYN/s | answers/s | to none | to another host | lost | new | failed | strayed | slowest ms | RSS MB | pins | tracked'.split(
      ' | ',
    )
  const rows = modes.flatMap((mode) => {
    const own = measurements.filter((one) => one.mode === mode)
    return own.map((one) => rowOf(one, own))
  })
  return layOut([header, ...rows])
}

function rowOf(one: Measurement, own: readonly Measurement[]): readonly string[] {
  const ratioTo = (phase: Phase) => {
    const other = own.find((candidate) => candidate.phase === phase)
    return other === undefined || other.answers === 0 ? '-' : (perSecond(one) / perSecond(other)).toFixed(2)
  }
  return [
    `${one.mode}, ${titles[one.phase]}`,
    whole(one.synsPerSecond),
    whole(perSecond(one)),
    ratioTo('quiet'),
    ratioTo('aside'),
    `${one.lost}`,
    `${one.opened}`,
    `${one.failed}`,
    `${one.strayed}`,
    one.slowestMs === null ? '-' : one.slowestMs.toFixed(0),
    whole(one.residentBytes / 1e6),
    one.pins === null ? '-' : `${one.pins}`,
    `${one.tracked}`,
  ]
}

const perSecond = ({ answers, seconds }: Measurement) => answers / seconds

const whole = (value: number) => Math.round(value).toLocaleString('en')
