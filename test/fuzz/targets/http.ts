import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { freePort, InspectedGateway } from '../../actors/inspector/gateway-fixture.ts'
import { bytesOf, type FuzzTarget, holds } from '../target.ts'

const VIEWER = 'a-token-of-a-viewer'
const TOKENS = [
  { role: 'viewer', token: VIEWER },
  { role: 'operator', token: 'the-other-token-which-no-input-has' },
] as const
const PATHS = [
  '/',
  '/status?all=1',
  '/doctor',
  '/diagnostics',
  '/actors',
  '/events?follow=0&last=3',
  '/events?messages=1',
  '/history?after=2026-03-01T03:00:00.000Z',
  '/timeline?last=5&after=1',
  '/clients?limit=2&offset=1&sort=client&node=node-2',
  '/which?client=10.1.0.1',
  '/assigned',
  '/metrics',
  '/healthz',
  '/openapi.json',
  '/access',
  '/v1/status',
  '/main.js',
]
const ORDERS = [
  '/failover?instance=VI_51&force=1',
  '/announce',
  '/drain?node=node-2',
  '/undrain?node=node-2',
  '/maint?node=node-2&timeoutMs=100',
  '/forget?node=node-10',
  '/assign?client=10.1.0.1&node=node-2',
  '/unassign?client=10.1.0.1',
  '/reload?check=1',
  '/test/crash?actor=elector',
  '/test/stall?actor=elector&ms=5',
]
const ask = (line: string, ...headers: readonly string[]): Uint8Array =>
  bytesOf([`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n'))
const WORDS = [
  '\r\n',
  '\r\n\r\n',
  'HEAD ',
  'POST ',
  'OPTIONS ',
  'CONNECT ',
  ' HTTP/1.0',
  ' HTTP/2.0',
  'Host: ',
  'Origin: http://localhost\r\n',
  'Authorization: Bearer ',
  'Last-Event-ID: 1-0\r\n',
  'If-None-Match: *\r\n',
  'Accept-Encoding: gzip;q=0\r\n',
  'Accept: application/openmetrics-text\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Expect: 100-continue\r\n',
  'Upgrade: websocket\r\nConnection: Upgrade\r\n',
  '%00',
  '%2e%2e/',
  '//',
  '?',
  '&',
  '=',
  '#',
  'http://x:y@z/',
  '%ff',
  ...PATHS,
  ...ORDERS,
]

/** An answer has begun, and nothing more comes: it is a stream, or waits for more of the request. */
const QUIET_MS = 25
const ANSWERED_WITHIN_MS = 8000
const ANSWER_BYTES_MOST = 4 << 20

/** Any bytes on the control socket, whose owner may order. */
export async function httpControl(): Promise<FuzzTarget> {
  const { gateway } = await started()
  return targetOf('http-control', gateway, { path: gateway.socketPath }, [], () => undefined)
}

/** Any bytes on the TCP port, of somebody who has a viewer's token at most. */
export async function httpTcp(): Promise<FuzzTarget> {
  const { gateway, given } = await started()
  const door = { host: '127.0.0.1', port: gateway.port }
  return targetOf('http-tcp', gateway, door, [`Authorization: Bearer ${VIEWER}`], () =>
    holds(given() === 0, 'nobody orders without an operator token'),
  )
}

/** A gateway whose actors count the orders that they get. */
async function started() {
  const gateway = new InspectedGateway()
  let orders = 0
  /** An order that is answered so. */
  const order =
    <Answer>(answer: Answer) =>
    async () => {
      orders += 1
      return answer
    }
  const more = {
    discovery: { drain: order(undefined), forget: order(undefined) },
    elector: { stepDown: order(true) },
    announcer: { announce: order(['10.0.0.5']) },
    dispatcher: { tie: order(null), ties: async () => [] },
    supervisor: {
      crash: order(true),
      stall: order(true),
      reload: order(1),
      reloadReport: async () => ({ outcome: 'applied' }),
    },
  }
  for (const [actor, control] of Object.entries(more))
    gateway.controls[actor] = { ...gateway.controls[actor], ...control }
  const port = await freePort()
  await gateway.start({ inspector: { address: '127.0.0.1', port, tokens: TOKENS } }, port)
  return { gateway, given: () => orders }
}

function targetOf(
  name: string,
  gateway: InspectedGateway,
  door: Door,
  headers: readonly string[],
  check: () => void,
): FuzzTarget {
  return {
    name,
    mostBytes: 12_288,
    boundMs: 500,
    seeds: [
      ...PATHS.map((path) => ask(`GET ${path}`, ...headers)),
      ...ORDERS.map((path) => ask(`POST ${path}`, ...headers)),
      bytesOf(`${Buffer.from(ask('GET /healthz', ...headers))}${Buffer.from(ask('HEAD /status', ...headers))}`),
    ],
    words: WORDS,
    async run(input) {
      const answer = await exchanged(door, input)
      check()
      const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => status)
      holds(!statuses.includes('500'), `no request is an internal error: ${answer.slice(-200)}`)
      holds(
        !/TypeError|RangeError|is not a function|undefined/.test(answer) ||
          answer.includes('<!doctype') ||
          statuses.length > 1 ||
          /^HTTP\/1\.1 200/.test(answer),
        `no error of the code is told: ${answer.slice(-200)}`,
      )
      gateway.lines.length = 0
      return statuses.slice(0, 2).join(' ')
    },
    close: () => gateway.close(),
  }
}

type Door = { readonly path: string } | { readonly host: string; readonly port: number }

/** All that comes until the connection ends, or nothing comes any more. */
function exchanged(door: Door, input: Uint8Array): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect({ ...door, allowHalfOpen: true } as never)
  const parts: Buffer[] = []
  let bytes = 0
  const beganMs = performance.now()
  const end = () => {
    clearInterval(timer)
    socket.destroy()
    resolve(Buffer.concat(parts).toString('latin1'))
  }
  let quietSinceMs = beganMs
  const timer = setInterval(() => {
    const nowMs = performance.now()
    if (bytes > 0 && nowMs - quietSinceMs > QUIET_MS) end()
    else if (nowMs - beganMs > ANSWERED_WITHIN_MS) {
      clearInterval(timer)
      socket.destroy()
      reject(new Error('neither answered nor ended'))
    }
  }, QUIET_MS)
  socket.on('data', (part) => {
    bytes += part.length
    quietSinceMs = performance.now()
    if (bytes < ANSWER_BYTES_MOST) parts.push(part)
    else {
      clearInterval(timer)
      socket.destroy()
      reject(new Error('an answer without end'))
    }
  })
  socket.on('end', end)
  socket.on('close', end)
  socket.on('error', end)
  socket.end(input)
  return promise
}
