/** The plot: a panel for each figure, a line for each gateway. */
import { column, drawPlot, line, round, row, text, width } from '../svg.ts'
import { type Course, type FigureName, figures } from './figures.ts'

const left = 70
const right = 130
const headHeight = 64
const panelHeight = 110
const panelGap = 34
const axisHeight = 34
const plotWidth = width - left - right
const colours = ['proxyha', 'proxyha-kernel', 'keepalived'] as const
/** Lines of hours on the axis. */
const columns = 6

/** All courses; `subtitle` says how they came about. */
export function plotCourses(courses: readonly Course[], subtitle: string): string {
  const names = (Object.keys(figures) as FigureName[]).filter((name) => courses.some(({ figure }) => figure === name))
  const longest = Math.max(...courses.flatMap(({ samples }) => samples.map(({ x }) => x)), Number.EPSILON)
  const height = headHeight + names.length * (panelHeight + panelGap) + axisHeight
  const heading = 'What gateways use while a group is drained, handed over and reloaded'
  return drawPlot(heading, heading, subtitle, height, [
    ...names.map((name, at) =>
      panel(
        courses.filter(({ figure }) => figure === name),
        name,
        headHeight + at * (panelHeight + panelGap),
        longest,
      ),
    ),
    ...Array.from({ length: columns + 1 }, (_, at) => {
      const hours = (longest * at) / columns
      const bottom = height - axisHeight
      return column(left + (plotWidth * at) / columns, bottom - 6, bottom, `${(hours * 60).toFixed(1)} min`)
    }),
  ])
}

function panel(courses: readonly Course[], name: FigureName, top: number, longest: number): string {
  const values = courses.flatMap(({ samples }) => samples.map(({ y }) => y))
  const [least, most] = [Math.min(...values), Math.max(...values, Math.min(...values) + 1)]
  const place = ({ x, y }: { readonly x: number; readonly y: number }) =>
    `${round(left + (x / longest) * plotWidth)},${round(top + panelHeight * (1 - (y - least) / (most - least)))}`
  const { name: title, unit } = figures[name]
  const label = (value: number) => `${round(value)}${unit === '' ? '' : ` ${unit}`}`
  return [
    text(left, top - 8, 'title', title),
    row(top, left, width - right, label(most)),
    row(top + panelHeight, left, width - right, label(least)),
    ...courses.map((course, at) => {
      const colour = colours[at % colours.length]!
      const y = top + 14 + at * 18
      return [
        `<polyline class="line ${colour}" points="${course.samples.map(place).join(' ')}"/>`,
        line(`line ${colour}`, width - right + 10, y - 4, width - right + 26, y - 4),
        text(width - right + 32, y, course.isTooSteep ? 'keepalived' : 'small', `${course.host} ${slopeText(course)}`),
      ].join('')
    }),
  ].join('')
}

/** Per hour, with its standard error. */
export const slopeText = ({ slope }: Course): string =>
  slope === null ? '-' : `${slope.slope < 0 ? '' : '+'}${slope.slope.toFixed(2)} ± ${slope.standardError.toFixed(2)}`
