/** Who may ask over TCP. The control socket needs none of this: its mode lets only its owner in. Pure. */
import { createHash, timingSafeEqual } from 'node:crypto'

export interface TcpAccess {
  /** Address that is listened on. */
  readonly address: string
  /** Null = none is asked for; only on a loopback address. */
  readonly token: string | null
}

export interface Refused {
  readonly status: 401 | 403
  readonly reason: string
}

/** Why a request is refused; undefined when it is not. */
export function refusalOf(
  access: TcpAccess,
  headers: { readonly host?: string | undefined; readonly authorization?: string | undefined },
): Refused | undefined {
  if (access.token !== null) return hasToken(headers.authorization, access.token) ? undefined : tokenRequired
  // A web page that rebinds its own name to 127.0.0.1 gets the browser to ask us, but under that name.
  return namesLoopback(headers.host) ? undefined : foreignHost
}

const tokenRequired: Refused = {
  status: 401,
  reason: 'a bearer token is required: the inspector.token of the configuration',
}
const foreignHost: Refused = { status: 403, reason: 'the Host header must be a loopback address or localhost' }

function hasToken(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  // Digests have one length, so that the comparison tells nothing about the token's.
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function namesLoopback(host: string | undefined): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host ?? '')?.[1] ?? ''
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name)
}
