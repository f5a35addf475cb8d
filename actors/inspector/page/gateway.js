/** The gateway that served this page, asked over HTTP. Paths are relative: the page may stand behind a proxy with a prefix. */
import { EventStreamReader } from './event-stream.js'

/** @import { StreamEvent } from './event-stream.js' */

const PATIENCE_MS = 5000
/** An order to drain asks other actors, one to reload starts a thread. */
const ORDER_PATIENCE_MS = 25_000
const TOKEN = 'token'

/** The gateway answered, but not with what was asked for. */
export class Refusal extends Error {
  /** @param {number} status of HTTP @param {string} reason */
  constructor(status, reason) {
    super(reason)
    this.name = 'Refusal'
    this.status = status
  }
}

export const hasToken = () => sessionStorage.getItem(TOKEN) !== null

/** Shown with each request from now on, until the tab is closed; null: none. @param {string | null} token */
export function useToken(token) {
  if (token === null) sessionStorage.removeItem(TOKEN)
  else sessionStorage.setItem(TOKEN, token)
}

/**
 * @param {string} path without the leading slash
 * @returns {Promise<{ value: unknown, headers: Headers }>}
 * @throws {Refusal} for any status but 200; another error where nobody answers
 */
export async function ask(path) {
  const response = await request(path, { signal: AbortSignal.timeout(PATIENCE_MS) })
  return { value: await response.json(), headers: response.headers }
}

/** Gives an order. @param {string} path @returns {Promise<unknown>} @throws {Refusal} with the reason */
export async function order(path) {
  const response = await request(path, { method: 'POST', signal: AbortSignal.timeout(ORDER_PATIENCE_MS) })
  return response.json()
}

/**
 * Follows a stream until it ends or is aborted.
 *
 * @param {string} path
 * @param {AbortSignal | null} signal
 * @param {(event: StreamEvent) => void} onEvent
 * @returns {Promise<void>} resolves at its end
 * @throws {Refusal} where it is refused; another error where it breaks off
 */
export async function follow(path, signal, onEvent) {
  const response = await request(path, { signal })
  if (response.body === null) return
  const reader = new EventStreamReader()
  const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await pieces.read()
    if (done) return
    for (const event of reader.read(value)) onEvent(event)
  }
}

/** @param {string} path @param {RequestInit} init @returns {Promise<Response>} */
async function request(path, init) {
  const token = sessionStorage.getItem(TOKEN)
  const response = await fetch(path, {
    ...init,
    cache: 'no-store',
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  })
  if (response.ok) return response
  const body = await response.json().catch(() => ({}))
  throw new Refusal(response.status, body?.error ?? `it answered with status ${response.status}`)
}
