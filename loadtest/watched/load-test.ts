import { request } from 'node:http'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { socketOf } from '../../runtime/lab/testbed/gateway.ts'
import { askGateway } from '../../runtime/lab/testbed/gateway-status.ts'
import { startBench } from '../bench/bench.ts'
import { runWrk } from '../bench/generators.ts'
import { directorHost } from '../bench/network.ts'
import { takeTurns } from '../bench/rounds.ts'
import { scenarios } from '../bench/scenarios.ts'
import { defineLoadTest, numberOf, resultFile } from '../load-test.ts'
import { layOut, print, saveFigures } from '../output.ts'
import { median } from '../statistics.ts'

interface WatchedOptions {
  readonly rounds: number
  readonly seconds: number
  readonly json: string
}

/** How somebody looks at the director meanwhile; what it gives ends that. */
type Watcher = (socket: string) => () => void

const WATCHERS: Readonly<Record<string, Watcher>> = {
  nobody: () => () => {},
  // As the page and a Prometheus do.
  'status each second, metrics each 5 s': (socket) => {
    const timers = [
      setInterval(() => void askGateway(socket, '/status?all=1', 1000), 1000),
      setInterval(() => void askGateway(socket, '/metrics', 1000), 5000),
    ]
    return () => {
      for (const timer of timers) clearInterval(timer)
    }
  },
  'events, each message': (socket) => {
    const stream = request({ socketPath: socket, path: '/events?messages=1', agent: false })
    stream.on('response', (response) => response.resume())
    stream.on('error', () => {})
    stream.end()
    return () => stream.destroy()
  },
}

/** What it costs the clients that somebody looks. */
export const loadTest = defineLoadTest({
  usage: `npm run loadtest:watched -- [options]

What it costs clients in workers mode that somebody looks at the director: requests per second beside those while nobody looks,
in turns.

  --rounds N   rounds (10)
  --seconds N  seconds of each run (3)
  --json FILE  where the figures go (loadtest/results/watched.json)
`,
  options: {
    rounds: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'string', default: resultFile('watched') },
  },
  interpret: ({ rounds, seconds, json }): WatchedOptions => ({
    rounds: numberOf('--rounds', rounds),
    seconds: numberOf('--seconds', seconds),
    json,
  }),
  run: compare,
})

async function compare({ rounds, seconds, json }: WatchedOptions): Promise<number> {
  const ways = await startBench((line) => print(`note: ${line}`), availableParallelism())
  const url = ways.find(({ way }) => way === 'proxyha')!.url
  const { load } = scenarios.find(({ name }) => name === 'keep-alive')!
  const socket = socketOf(directorHost)
  await runWrk(load, url, 1)
  const rates = new Map(Object.keys(WATCHERS).map((name) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, watch] of takeTurns(Object.entries(WATCHERS), round)) {
      const end = watch(socket)
      rates.get(name)!.push((await runWrk(load, url, seconds)).requestsPerSecond)
      end()
      await pause(200)
    }
  }
  const alone = rates.get('nobody')!
  const rows = [...rates].map(([name, each]) => [
    name,
    Math.round(median(each)!).toLocaleString('en'),
    median(each.map((rate, round) => rate / alone[round]!))!.toFixed(3),
  ])
  print(...layOut([['who looks', 'requests/s', 'ratio'], ...rows]))
  saveFigures(json, { rounds, seconds, rates: Object.fromEntries(rates) })
  return 0
}
