/** Who may ask over TCP. The control socket needs none of this: its mode lets only its owner in. Pure. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { InspectorRole } from '../../../config/gateway-config.ts'

export interface TcpAccess {
  /** Address that is listened on. */
  readonly address: string
  /** At most 17. None = none is asked for; only on a loopback address. */
  readonly tokens: readonly { readonly role: InspectorRole; readonly token: string }[]
}

/** Who asks, and what that one may. */
export interface Caller {
  readonly role: InspectorRole
  /** For the log and the timeline: `operator token 2 from 10.0.0.9`. */
  readonly by: string
}

export type Access =
  | { readonly granted: true; readonly role: InspectorRole; readonly shown: string }
  | { readonly granted: false; readonly status: 401 | 403; readonly what: string; readonly reason: string }

/** What a request says of whoever sends it. */
interface Credentials {
  readonly host?: string | undefined
  /** Of the web page that has the browser ask; browsers leave it out where a page reads from its own host. */
  readonly origin?: string | undefined
  readonly authorization?: string | undefined
}

/**
 * Whether a request is answered, and what it may do. `what`: which request was refused, for the log; `shown`: by what, with the number that the token has in
 * `inspector.tokens`.
 */
export function accessOf({ tokens }: TcpAccess, headers: Credentials): Access {
  if (!isOwnOrigin(headers)) return foreignOrigin
  if (tokens.length === 0) {
    // A web page that rebinds its own name to 127.0.0.1 gets the browser to ask us, but under that name.
    return namesLoopback(headers.host) ? { granted: true, role: 'viewer', shown: 'no token' } : foreignHost
  }
  const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  if (given === undefined) return tokenRequired
  // Digests have one length, and all are looked at: how long it takes tells nothing about any token.
  const theirs = digest(given)
  const same = tokens
    .map(({ role, token }, index) => ({ role, number: index + 1, isSame: timingSafeEqual(theirs, digest(token)) }))
    .filter(({ isSame }) => isSame)
  const found = same.find(({ role }) => role === 'operator') ?? same[0]
  if (found === undefined) return tokenRequired
  return { granted: true, role: found.role, shown: `${found.role} token ${found.number}` }
}

const tokenRequired: Access = {
  granted: false,
  status: 401,
  what: 'without the right token',
  reason: 'a bearer token is required: an inspector.token of the configuration',
}
const foreignHost: Access = {
  granted: false,
  status: 403,
  what: 'under a foreign name',
  reason: 'the Host header must be a loopback address or localhost',
}

const foreignOrigin: Access = {
  granted: false,
  status: 403,
  what: 'of a page of another host',
  reason: 'the Origin header names another host than the Host header: a page of elsewhere may not ask here',
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function namesLoopback(host: string | undefined): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host ?? '')?.[1] ?? ''
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name)
}

/** The scheme does not count: a proxy in front may have taken TLS off. */
function isOwnOrigin({ host, origin }: Credentials): boolean {
  if (origin === undefined) return true
  const named = /^https?:\/\/(.+)$/i.exec(origin)?.[1]
  return named !== undefined && named.toLowerCase() === host?.toLowerCase()
}
