import { openLiveScreen } from '../terminal/live-screen.ts'
import { lookOf } from '../terminal/look.ts'
import type { Group } from './group.ts'
import { formatMoment, type Moment, type Timeline } from './timeline.ts'
import { describeTraffic, drawPicture, takePicture } from './view.ts'

/** Where the lab shows what happens. */
export interface Screen {
  moment(moment: Moment): void
  /** The terminal is as it was before. */
  close(): void
}

const redrawMs = 250
const lineEveryMs = 5000
const historyKept = 400
const rowsUsual = 24

/** Lines one after another: for pipes, logs and `--once`. */
export function plainScreen(out: NodeJS.WritableStream, group: () => Group): Screen {
  const timer = setInterval(() => {
    out.write(`${' '.repeat(14)}${describeTraffic(takePicture(group(), [], [], ''))}\n`)
  }, lineEveryMs)
  return {
    moment: (moment) => void out.write(`${formatMoment(moment)}\n`),
    close: () => clearInterval(timer),
  }
}

/** A picture drawn anew four times a second, in place. */
export function liveScreen(
  out: NodeJS.WriteStream,
  group: () => Group,
  timeline: () => Timeline,
  hint: string,
): Screen {
  const history: number[] = []
  const screen = openLiveScreen(out)
  const timer = setInterval(() => {
    const picture = takePicture(group(), history, timeline().moments, hint)
    history.push(picture.requestsPerSecond)
    if (history.length > historyKept) history.shift()
    screen.draw(
      drawPicture(picture, lookOf({ stdout: out, variables: process.env }), out.rows ?? rowsUsual, Date.now()),
    )
  }, redrawMs)
  return {
    moment: () => {},
    close: () => {
      clearInterval(timer)
      screen.close()
    },
  }
}
