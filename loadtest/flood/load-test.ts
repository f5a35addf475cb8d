import { buildTopology } from '../../runtime/lab/testbed/topology.ts'
import { modes } from '../group/network.ts'
import { Stage } from '../group/stage.ts'
import { chosenOf, defineLoadTest, numberOf, resultFile } from '../load-test.ts'
import { print, saveFigures } from '../output.ts'
import { Attack, layRoutes, topology } from './attack.ts'
import { holds, type Measurement, phases } from './plan.ts'
import { drawMeasurements } from './report.ts'

/** What the flood is compared with takes this part of its time. */
const comparedShare = 6
const rateMax = 1_000_000

/** Exit code 1 where a client was not served as ever. */
export const loadTest = defineLoadTest({
  usage: `npm run loadtest:flood -- [options]

What a flood of SYNs from random addresses at the virtual IP costs the clients of a group of three: over connections that are open,
and with new ones; and what it leaves in memory. In both modes, each beside no flood, and beside the same flood at a
host that drops it, since the sender takes its share of this machine.

  --seconds N      seconds of the flood (60)
  --rate N         SYNs a second (20000)
  --mode NAME      only kernel or workers
  --json FILE      where the figures go (loadtest/results/flood.json)
`,
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '20000' },
    mode: { type: 'string' },
    json: { type: 'string', default: resultFile('flood') },
  },
  interpret: ({ seconds, rate, mode, json }) => ({
    seconds: numberOf('--seconds', seconds),
    rate: numberOf('--rate', rate, 1, rateMax),
    modes: chosenOf('--mode', mode, modes),
    json,
  }),
  async run({ seconds, rate, modes, json }) {
    buildTopology(topology)
    layRoutes()
    const measurements: Measurement[] = []
    for (const mode of modes) {
      const stage = new Stage(mode)
      await stage.open()
      const attack = new Attack(stage)
      await attack.connect()
      for (const phase of phases) {
        const phaseSeconds = phase === 'flood' ? seconds : Math.ceil(seconds / comparedShare)
        const measurement = await attack.measure(phase, phaseSeconds, rate)
        measurements.push(measurement)
        print(JSON.stringify(measurement))
      }
      await attack.hangUp()
      await stage.close()
    }
    print('', ...drawMeasurements(measurements), '')
    saveFigures(json, { seconds, rate, measurements })
    return holds(measurements) ? 0 : 1
  },
})
