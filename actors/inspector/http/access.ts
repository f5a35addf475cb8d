/** Who may ask over TCP. The control socket needs none of this: its mode lets only its owner in. Pure. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { InspectorRole } from '../../../config/gateway-config.ts'

export interface TcpAccess {
  /** Address that is listened on. */
  readonly address: string
  /** At most 17. None = none is asked for; only on a loopback address. */
  readonly tokens: readonly { readonly role: InspectorRole; readonly token: string }[]
}

export type Access =
  | { readonly granted: true; readonly role: InspectorRole }
  | { readonly granted: false; readonly status: 401 | 403; readonly reason: string }

/** Whether a request is answered, and what it may do. */
export function accessOf(
  { tokens }: TcpAccess,
  headers: { readonly host?: string | undefined; readonly authorization?: string | undefined },
): Access {
  if (tokens.length === 0) {
    // A web page that rebinds its own name to 127.0.0.1 gets the browser to ask us, but under that name.
    return namesLoopback(headers.host) ? { granted: true, role: 'viewer' } : foreignHost
  }
  const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  if (given === undefined) return tokenRequired
  // Digests have one length, and all are looked at: how long it takes tells nothing about any token.
  const theirs = digest(given)
  const roles = tokens.filter(({ token }) => timingSafeEqual(theirs, digest(token))).map(({ role }) => role)
  if (roles.length === 0) return tokenRequired
  return { granted: true, role: roles.includes('operator') ? 'operator' : 'viewer' }
}

const tokenRequired: Access = {
  granted: false,
  status: 401,
  reason: 'a bearer token is required: an inspector.token of the configuration',
}
const foreignHost: Access = {
  granted: false,
  status: 403,
  reason: 'the Host header must be a loopback address or localhost',
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function namesLoopback(host: string | undefined): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host ?? '')?.[1] ?? ''
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name)
}
