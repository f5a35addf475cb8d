import { buildTopology } from '../../runtime/lab/testbed/topology.ts'
import { modes, topology } from '../group/network.ts'
import { Stage } from '../group/stage.ts'
import { chosenOf, defineLoadTest, numberOf, resultFile } from '../load-test.ts'
import { print, saveFigures } from '../output.ts'
import { Clients } from './clients.ts'
import { happenings, type Outcome, performHappening } from './happenings.ts'
import { drawOutcomes, holds } from './report.ts'

/** Exit code 1 where kernel mode lost what it must keep. */
export const loadTest = defineLoadTest({
  usage: `npm run loadtest:survival -- [options]

Which connections live on when a director dies, hands over, returns, when nodes come, go and drain, and when proxyha itself is
restarted or killed: 200 downloads and 200 idle connections from 100 addresses over three nodes, in both modes. A round
of both takes some six minutes.

  --rounds N       rounds (1)
  --mode NAME      only kernel or workers
  --json FILE      where the figures go (loadtest/results/survival.json)
`,
  options: {
    rounds: { type: 'string', default: '1' },
    mode: { type: 'string' },
    json: { type: 'string', default: resultFile('survival') },
  },
  interpret: ({ rounds, mode, json }) => ({
    rounds: numberOf('--rounds', rounds),
    modes: chosenOf('--mode', mode, modes),
    json,
  }),
  async run({ rounds, modes, json }) {
    buildTopology(topology)
    const outcomes: Outcome[] = []
    for (let round = 0; round < rounds; round++) {
      for (const mode of modes) {
        const stage = new Stage(mode)
        await stage.open()
        const clients = new Clients(stage)
        for (const happening of happenings) {
          const outcome = await performHappening(stage, clients, happening)
          outcomes.push(outcome)
          print(describe(happening.title, outcome))
        }
        await clients.close()
        await stage.close()
      }
    }
    print('', ...drawOutcomes(outcomes), '')
    saveFigures(json, { outcomes })
    return holds(outcomes) ? 0 : 1
  },
})

function describe(title: string, outcome: Outcome): string {
  const { mode, opened, lost, lostOnSurvivors, failures, begun, failed, waited } = outcome
  const ways = Object.entries(failures).map(([what, count]) => `${count} ${what}`)
  const how = ways.length === 0 ? '' : ` (${ways.join(', ')})`
  const fresh = `${failed} of ${begun} new ones failed, ${waited} waited`
  return `${mode}: ${title}: ${lost} of ${opened} lost, ${lostOnSurvivors} of them on nodes that live; ${fresh}${how}`
}
