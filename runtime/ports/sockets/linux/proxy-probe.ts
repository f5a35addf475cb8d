import { connect } from 'node:net'
import { done, type Result, refused } from '../../result.ts'
import type { Probe, ProxyProbe } from '../proxy-probe.ts'

type ConnectProbe = Probe & { readonly type: 'connect' }
type HttpProbe = Probe & { readonly type: 'http' }

const LOOPBACK = '127.0.0.1'

/** Over loopback, which neither the redirects nor kernel mode touch. Refusals: `EPROBE`, with what came instead. */
export function openLinuxProxyProbe(): ProxyProbe {
  const closing = new AbortController()
  return {
    async probe(probe) {
      const signal = AbortSignal.any([AbortSignal.timeout(probe.timeoutMs), closing.signal])
      try {
        return probe.type === 'connect' ? await connected(probe, signal) : await fetched(probe, signal)
      } catch (error) {
        return refused('EPROBE', signal.aborted ? `gave no answer within ${probe.timeoutMs} ms` : reasonOf(error))
      }
    },
    close: () => closing.abort(),
  }
}

function connected({ port }: ConnectProbe, signal: AbortSignal): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  const socket = connect({ host: LOOPBACK, port, signal })
  socket.once('connect', () => {
    resolve(done)
    // A proxy takes a FIN for somebody who has changed his mind; a reset it may write into its log, every time.
    socket.destroy()
  })
  socket.once('error', reject)
  return promise
}

async function fetched({ port, url, expectedStatus }: HttpProbe, signal: AbortSignal): Promise<Result> {
  // Only who asks for such checks has it in memory.
  const { ProxyAgent, request } = await import('undici')
  const dispatcher = new ProxyAgent({ uri: `http://${LOOPBACK}:${port}`, proxyTunnel: url.startsWith('https:') })
  try {
    const { statusCode, body } = await request(url, { dispatcher, signal, headers: { 'cache-control': 'no-cache' } })
    // The status is all that is wanted.
    body.on('error', () => undefined).destroy()
    const isExpected =
      expectedStatus.length === 0 ? statusCode >= 200 && statusCode < 400 : expectedStatus.includes(statusCode)
    return isExpected ? done : refused('EPROBE', `answers with status ${statusCode}`)
  } finally {
    void dispatcher.destroy()
  }
}

/** undici says of a connection that was refused that the fetch failed, and why in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { readonly message: string; readonly cause?: unknown }
  return cause instanceof Error ? reasonOf(cause) : message
}
