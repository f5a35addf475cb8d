import { buildTopology, setHostParameter } from '../../runtime/lab/testbed/topology.ts'
import { group, modes, topology } from '../group/network.ts'
import { chosenOf, defineLoadTest, resultFile } from '../load-test.ts'
import { print, saveFigures } from '../output.ts'
import { maintain } from './maintain.ts'
import { type Course, isAsWanted, outcomeOf } from './outcome.ts'
import { parts } from './plan.ts'
import { drawOutcomes } from './report.ts'

const minutesMax = 1000

/** Exit code 1 where clients noticed it. */
export const loadTest = defineLoadTest({
  usage: `npm run loadtest:maintenance -- [options]

What clients notice of maintenance: gateways stopped in order and started one by one, nodes drained, ordered failovers and returns, proxies
stopped and started. A group of three, 40 clients, each with a download, idle connections, and a new connection
every 50 ms, in both modes. Exit code 1 where they notice anything.

  --mode NAME      only kernel or workers
  --minutes N      minutes of each mode (10); with few, an event still takes as long as it needs
  --only PARTS     of ${parts.join(',')}
  --json FILE      where the figures go (loadtest/results/maintenance.json)
`,
  options: {
    mode: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    only: { type: 'string', default: parts.join(',') },
    json: { type: 'string', default: resultFile('maintenance') },
  },
  interpret({ minutes, only, mode, json }) {
    if (!(Number(minutes) > 0 && Number(minutes) <= minutesMax))
      throw new Error(`--minutes: ${minutes} is not a number above 0, up to ${minutesMax}`)
    return {
      minutes: Number(minutes),
      parts: chosenOf('--only', only.split(','), parts),
      modes: chosenOf('--mode', mode, modes),
      json,
    }
  },
  async run({ minutes, modes, parts, json }) {
    buildTopology(topology)
    // Clients that close first leave each connection of a director in workers mode in TIME_WAIT, 48,000 at this rate; the kernel would search
    // longer for a port that is free than the connection lasts.
    for (const { host } of group) setHostParameter(host, 'ipv4/tcp_tw_reuse', '1')
    const courses: Course[] = []
    for (const mode of modes) {
      const own = await maintain(mode, parts, minutes, (title) => print(`${mode}: ${title}`))
      courses.push(...own)
      print('', `${mode} mode`, ...drawOutcomes(own.map(outcomeOf)), '')
    }
    const outcomes = courses.map((course) => ({ mode: course.mode, ...outcomeOf(course) }))
    saveFigures(json, { minutes, outcomes, courses })
    return outcomes.every(isAsWanted) ? 0 : 1
  },
})
