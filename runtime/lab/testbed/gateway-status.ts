import { request } from 'node:http'
import type { GatewayStatus, ToldStatus } from '../../../actors/inspector/messages.ts'
import { SLOT_COUNT } from '../../table/layout.ts'

interface Answer {
  readonly statusCode: number | undefined
  readonly text: string
}

/** `path` on the control socket of a gateway; null when it does not answer in time, which is what a dead gateway does. */
export function askGateway(
  controlSocket: string,
  path: string,
  timeoutMs: number,
  method: 'GET' | 'POST' = 'GET',
): Promise<Answer | null> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const asked = request({ socketPath: controlSocket, path, method, agent: false, signal })
    asked.on('error', () => resolve(null))
    asked.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', () => resolve(null))
      response.on('end', () => resolve({ statusCode: response.statusCode, text }))
    })
    asked.end()
  })
}

/** Asks a gateway for its status; null when it does not answer in time. */
export async function readStatus(controlSocket: string, timeoutMs = 1000): Promise<ToldStatus | null> {
  const answer = await askGateway(controlSocket, '/status', timeoutMs)
  return answer?.statusCode === 200 ? parseStatus(answer.text) : null
}

function parseStatus(text: string): ToldStatus | null {
  try {
    return JSON.parse(text) as ToldStatus
  } catch {
    return null
  }
}

/** The part of a director's status that says who takes part. */
interface DirectorView {
  readonly role: GatewayStatus['role']
  readonly nodes: readonly Pick<GatewayStatus['nodes'][number], 'name' | 'state' | 'slots'>[]
}

/** Whether a director's status says that these nodes take part, all of them and nobody else, and own every slot. */
export function isComplete(status: DirectorView | null, nodes: readonly string[]): boolean {
  if (status?.role !== 'director') return false
  const taking = status.nodes.filter(({ state, slots }) => state === 'ok' && slots > 0)
  const owned = taking.reduce((sum, { slots }) => sum + slots, 0)
  return owned === SLOT_COUNT && taking.length === nodes.length && taking.every(({ name }) => nodes.includes(name))
}
