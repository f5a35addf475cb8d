import { createServer } from 'node:net'
import { parseAgentWord } from '../../../actors/stats-reporter/agent-word.ts'
import { AGENT_ANSWER_MAX } from '../../../runtime/ports/host/agent.ts'
import { openLinuxAgent } from '../../../runtime/ports/host/linux/agent.ts'
import { openLinuxProxyProbe } from '../../../runtime/ports/sockets/linux/proxy-probe.ts'
import { bytesOf, type FuzzTarget, holds } from '../target.ts'

const TIMEOUT_MS = 400
/** The first character of an input: what is asked. */
const ASKED = ['p', 't', 'a'] as const

const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n75%\r\n0\r\n\r\n',
  'HTTP/1.0 503 Unavailable\r\n\r\ndown',
  'HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  'HTTP/1.1 200 Connection established\r\n\r\n',
  '220 ftp ready\r\n',
  'ICAP/1.0 200 OK\r\n\r\n',
  '\u0005\u0000',
]

/** What a proxy answers to a deep check, alone and in a tunnel, and what an agent answers over HTTP. */
export async function answers(): Promise<FuzzTarget> {
  let answer: Uint8Array = new Uint8Array()
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  const [proxy, agent] = [openLinuxProxyProbe(), openLinuxAgent()]
  const asked = {
    p: () =>
      proxy.probe({ type: 'http', port, url: 'http://origin.example/', expectedStatus: [], timeoutMs: TIMEOUT_MS }),
    t: () =>
      proxy.probe({ type: 'http', port, url: 'https://origin.example/', expectedStatus: [200], timeoutMs: TIMEOUT_MS }),
    a: () => agent.ask({ type: 'http', url: `http://127.0.0.1:${port}/`, timeoutMs: TIMEOUT_MS }),
  }
  return {
    name: 'answers',
    mostBytes: 4096,
    boundMs: 500,
    seeds: ASKED.flatMap((kind) => ANSWERS.map((text) => bytesOf(`${kind}${text}`))),
    words: [
      '\r\n',
      '\r\n\r\n',
      'HTTP/1.1 ',
      'HTTP/1.0 ',
      'Content-Length: ',
      'Transfer-Encoding: chunked\r\n',
      'Content-Encoding: gzip\r\n',
      'Connection: upgrade\r\nUpgrade: x\r\n',
      '101 Switching',
      'ffffffff\r\n',
      'Trailer: x\r\n',
      '-1',
    ],
    async run(input) {
      const kind = ASKED.find((one) => one === String.fromCharCode(input[0] ?? 0)) ?? 'p'
      answer = input.subarray(1)
      const beganMs = performance.now()
      const result = await asked[kind]()
      const tookMs = performance.now() - beganMs
      holds(tookMs < 10 * TIMEOUT_MS, 'an answer is waited for no longer than was said')
      if (!result.ok) {
        holds(typeof result.reason === 'string' && result.reason !== '', 'a refusal has a reason')
        return `${kind} ${result.reason.replaceAll(/\d+/g, '').slice(0, 40)}`
      }
      if (kind !== 'a') return `${kind} ok`
      holds(result.value !== undefined && result.value.length <= AGENT_ANSWER_MAX, 'an answer is bounded')
      return `a ${parseAgentWord(result.value) !== undefined}`
    },
    async close() {
      proxy.close()
      agent.close()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
