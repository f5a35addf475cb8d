import { setTimeout as pause } from 'node:timers/promises'
import { buildTopology } from '../../runtime/lab/testbed/topology.ts'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import { Observer } from '../chaos/observer.ts'
import { Scene, topology } from '../chaos/scene.ts'
import { isWrong } from '../chaos/traffic/report.ts'
import { modes } from '../group/network.ts'
import { chosenOf, defineLoadTest, numberOf, resultFile } from '../load-test.ts'
import { layOut, print, saveFigures, writeResult } from '../output.ts'
import { soakEvents } from './events.ts'
import { type Course, coursesOf, figures } from './figures.ts'
import { plotCourses, slopeText } from './plot.ts'
import { Sampler } from './sampler.ts'

const MS_PER_MINUTE = 60_000
/** Fewer means do not make a slope. */
const ROUNDS_MIN = 3

/** Exit code 1 where a figure grows, or a client got a wrong answer. */
export const loadTest = defineLoadTest({
  usage: `npm run soak -- [options]

Whether gateways grow: a group of three under traffic, and in each round a drain, an ordered failover and back, and a reload of all nodes.
Each second memory, descriptors and threads of each gateway are read, every few seconds the delay of its event loop and the elements of its
tables. Exit code 1 where the slope of a figure, over the means of rounds, is above its bound by more than chance explains (Student's
distribution, 97.5 %).

  --minutes N      minutes of each mode (60)
  --round S        seconds of a round (60)
  --warm-up S      seconds that do not count: code is compiled and caches are filled (300)
  --mode NAME      only kernel or workers
  --json FILE      where the samples go (loadtest/results/soak.json)
  --svg FILE       where the plots go, with the mode before the ending (loadtest/results/soak.svg)
`,
  options: {
    minutes: { type: 'string', default: '60' },
    round: { type: 'string', default: '60' },
    'warm-up': { type: 'string', default: '300' },
    mode: { type: 'string' },
    json: { type: 'string', default: resultFile('soak') },
    svg: { type: 'string', default: resultFile('soak').replace(/json$/, 'svg') },
  },
  interpret({ minutes, round, mode, json, svg, 'warm-up': warmUp }) {
    const options = {
      minutes: numberOf('--minutes', minutes, 0.1, 10_000, false),
      roundS: numberOf('--round', round),
      warmUpS: numberOf('--warm-up', warmUp, 0),
      modes: chosenOf('--mode', mode, modes),
      json,
      svg,
    }
    const { roundS, warmUpS } = options
    if (options.minutes * 60 < warmUpS + ROUNDS_MIN * roundS)
      throw new Error(`--minutes: ${ROUNDS_MIN} rounds of ${roundS} s after a warm-up of ${warmUpS} s make a slope`)
    return options
  },
  async run({ minutes, roundS, warmUpS, modes, json, svg }) {
    buildTopology(topology)
    const all: Record<string, readonly Course[]> = {}
    let isGood = true
    for (const mode of modes) {
      const scene = new Scene(mode)
      await scene.open()
      const observer = new Observer(scene)
      const sampler = new Sampler(scene, observer)
      const beganMs = monotonicMs()
      const endMs = beganMs + minutes * MS_PER_MINUTE
      let wrong = 0
      let round = 0
      for (; monotonicMs() < endMs; round++) {
        const nextMs = monotonicMs() + roundS * 1000
        for (const event of soakEvents) await event.bringAbout(scene, round)
        await pause(Math.max(0, nextMs - monotonicMs()))
        const { losses, failures, answered } = observer.take()
        wrong += [...losses, ...failures].filter(isWrong).length
        print(
          `${mode}: round ${round + 1}: ${answered} answered, ${failures.length} not, ${losses.length} kept ones ended`,
        )
      }
      // Events may take longer than they are given.
      const roundMs = (monotonicMs() - beganMs) / round
      await sampler.stop()
      await observer.stop()
      await scene.close()
      const courses = coursesOf(sampler.samples, roundMs, Math.ceil((warmUpS * 1000) / roundMs))
      all[mode] = courses
      const subtitle = `${mode} mode, ${minutes} min, a drain, a failover and a reload every ${roundS} s; slopes per hour`
      writeResult(svg.replace(/(\.[^.]+)?$/, `-${mode}$1`), plotCourses(courses, subtitle))
      print('', `${mode} mode`, ...drawCourses(courses), `${wrong} answers were wrong`, '')
      isGood &&= wrong === 0 && courses.every(({ isTooSteep }) => !isTooSteep)
    }
    saveFigures(json, all)
    return isGood ? 0 : 1
  },
})

function drawCourses(courses: readonly Course[]): readonly string[] {
  const rows = courses.map((course) => {
    const { name, unit, bound } = figures[course.figure]
    const values = course.samples.map(({ y }) => y)
    return [
      `${course.host} ${name}`,
      `${Math.min(...values).toFixed(1)}..${Math.max(...values).toFixed(1)} ${unit}`,
      slopeText(course),
      `${bound}`,
      course.isTooSteep ? 'grows' : '',
    ]
  })
  return layOut([['', 'least..most', 'slope per hour', 'bound', ''], ...rows])
}
