import { existsSync, readFileSync } from 'node:fs'
import { type Mode, modes } from '../group/network.ts'
import { chosenOf, defineLoadTest, numberOf, resultFile } from '../load-test.ts'
import { print, saveFigures, writeJson, writeResult } from '../output.ts'
import { Group } from './group.ts'
import { type Axis, axes, pointsOf, spans } from './plan.ts'
import { plotAxis } from './plot.ts'
import { measurePoint, type Pace } from './point.ts'
import { drawAxis } from './report.ts'
import { mergeResults, parseResults } from './results.ts'
import { shapeAt } from './shape.ts'
import { mostFiles } from './usage.ts'

interface GrowthOptions extends Pace {
  readonly axes: readonly Axis[]
  readonly modes: readonly Mode[]
  readonly points: readonly number[] | undefined
  readonly json: string
  readonly svg: string
}

const PLOT_SUBTITLE =
  'Both axes are logarithmic; of each line the slope: 0 does not grow, 1 grows in proportion, above 1 faster than that.'

/** Exit code 1 where a point could not be measured. */
export const loadTest = defineLoadTest({
  usage: `npm run loadtest:growth -- [options]

How cost grows with the work: a group of two gateways that is grown by one axis at a time, in all other respects the smallest. At each
point: CPU and memory at rest, beacons, the answers of the inspector, CPU of new connections, how long slots take to move, a takeover
and a restart. Nodes beyond the two are simulated. In some 25 minutes.

  --axis NAME      only ${axes.join(', ')}
  --mode NAME      only kernel or workers
  --points A,B,C   instead of those of the axis
  --calm N         seconds that a group is left alone before it is measured at rest (3)
  --seconds N      of rest that are measured (5)
  --fresh N        new connections whose CPU is counted (6000)
  --takeovers N    takeovers and restarts of each point, of which the median counts (1)
  --json FILE      where the figures go, beside those of other axes that are there (loadtest/results/growth.json)
  --svg FOLDER     where the plots go, growth-AXIS.svg (loadtest/results)
`,
  options: {
    axis: { type: 'string' },
    mode: { type: 'string' },
    points: { type: 'string' },
    calm: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    fresh: { type: 'string', default: '6000' },
    takeovers: { type: 'string', default: '1' },
    json: { type: 'string', default: resultFile('growth') },
    svg: { type: 'string', default: resultFile('growth').replace(/\/[^/]*$/, '') },
  },
  interpret({ axis, mode, points, calm, seconds, fresh, takeovers, json, svg }): GrowthOptions {
    const chosen = chosenOf('--axis', axis, axes)
    if (points !== undefined && chosen.length !== 1)
      throw new Error('--points: are those of one axis; say which by --axis')
    const { least, most } = spans[chosen[0]!]
    return {
      axes: chosen,
      modes: chosenOf('--mode', mode, modes),
      points: points?.split(',').map((point) => numberOf('--points', point, least, most)),
      calmSeconds: numberOf('--calm', calm, 0),
      restSeconds: numberOf('--seconds', seconds),
      freshConnections: numberOf('--fresh', fresh, 1, 1_000_000),
      takeovers: numberOf('--takeovers', takeovers, 0),
      json,
      svg,
    }
  },
  async run(options) {
    let results = parseResults(existsSync(options.json) ? readFileSync(options.json, 'utf8') : '')
    let isWhole = true
    await new Group(shapeAt('nodes', 'workers', 2)).warmUp()
    for (const { axis, mode, at } of plannedPoints(options)) {
      try {
        const figures = await measurePoint(axis, mode, at, options)
        print(JSON.stringify({ axis, mode, at, figures }))
        // At once: who breaks it off has what there is.
        results = mergeResults(results, [{ axis, mode, at, figures }])
        writeJson(options.json, results)
      } catch (cause) {
        isWhole = false
        print(`${axis}, ${mode}, ${at}: ${cause instanceof Error ? cause.message : String(cause)}`)
      }
    }
    for (const axis of options.axes) {
      print('', ...drawAxis(axis, results.points))
      writeResult(`${options.svg}/growth-${axis}.svg`, plotAxis(axis, results.points, PLOT_SUBTITLE))
    }
    print('')
    saveFigures(options.json, results)
    return isWhole ? 0 : 1
  },
})

function plannedPoints({ axes: chosen, modes: chosenModes, points: asked }: GrowthOptions) {
  return chosen.flatMap((axis) =>
    chosenModes.flatMap((mode) => {
      const { points, bound } = pointsOf(axis, mode, asked, mostFiles())
      if (bound !== null) print(`${axis}, ${mode}: ${bound}`)
      return points.map((at) => ({ axis, mode, at }))
    }),
  )
}
