/**
 * The lab's clients: 200 source addresses take turns, each request is a new connection through the VIP to the origin.
 * The rate is fixed, so that a fault shows as failures and not as less traffic.
 */
import { request } from 'node:http'
import { clientIps, originalPort, originIp, originPort, virtualIp } from './plan.ts'
import { type ClientReport, monotonicMs, type RequestResult, servedBy } from './traffic.ts'

const requestsPerSecond = 400
const tickMs = 10
const reportMs = 100
const timeoutMs = 2000
/** Requests under way at most: a dead group must not eat this machine. Then a turn is skipped and counted as failed. */
const underWayMost = 1000

let results: RequestResult[] = []
let turn = 0
let underWay = 0
let dueAtMs = monotonicMs()

function ask(source: number): void {
  if (underWay >= underWayMost) {
    settle(source, null)
    return
  }
  underWay++
  const asked = request({
    host: virtualIp,
    port: originalPort,
    path: `http://${originIp}:${originPort}/`,
    headers: { host: originIp },
    localAddress: clientIps[source],
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
  })
  let node: string | null = null
  asked.on('response', (response) => {
    response.resume().on('end', () => {
      if (response.statusCode === 200) node = servedBy(response.headers)
    })
    // An error of the response ends in `close` of the request, too: `node` then is null.
    response.on('error', () => {})
  })
  asked.on('error', () => {})
  asked.on('close', () => {
    underWay--
    settle(source, node)
  })
  asked.end()
}

function settle(source: number, node: string | null): void {
  results.push({ source, node, endedAtMs: monotonicMs() })
}

setInterval(() => {
  // What a late tick missed is made up, but for no more than a tenth of a second: a stall makes no burst.
  dueAtMs = Math.max(dueAtMs, monotonicMs() - 100)
  for (; dueAtMs < monotonicMs(); dueAtMs += 1000 / requestsPerSecond) {
    ask(turn)
    turn = (turn + 1) % clientIps.length
  }
}, tickMs)

setInterval(() => {
  const report: ClientReport = { results }
  results = []
  process.send?.(report)
}, reportMs)

process.on('disconnect', () => process.exit())
