/** What is grown, at which points, and what bounds that. Pure. */
import { MAX_GROUP_NODES, MAX_INSTANCES } from '../../runtime/wire/group-bounds.ts'
import { MAX_ADDRESSES } from '../../runtime/wire/vrrp.ts'
import type { Mode } from '../group/network.ts'

export const axes = ['nodes', 'clients', 'connections', 'redirects', 'vips', 'instances'] as const
export type Axis = (typeof axes)[number]

/** Most points that a product, an address plan or the protocol allows, and what the least is. */
interface Span {
  readonly title: string
  readonly least: number
  readonly most: number
  readonly points: Readonly<Record<Mode, readonly number[]>>
}

const inBoth = (...points: readonly number[]): Span['points'] => ({ kernel: points, workers: points })

/** Two of the nodes are real ones; an IPv4 advert carries 255 addresses; source addresses are of a /10 that is laid out from its beginning. */
export const spans: Readonly<Record<Axis, Span>> = {
  nodes: { title: 'nodes of the group', least: 2, most: MAX_GROUP_NODES, points: inBoth(2, 4, 8, 16, 32, 64) },
  clients: {
    title: 'clients that are remembered',
    least: 1,
    most: 2_000_000,
    // A million handshakes through two cores take longer than all the rest; in kernel mode frames without a handshake do.
    points: { kernel: [100, 1000, 10_000, 100_000, 1_000_000], workers: [100, 1000, 10_000, 100_000] },
  },
  connections: { title: 'open connections', least: 1, most: 200_000, points: inBoth(100, 1000, 10_000, 50_000) },
  redirects: { title: 'redirects', least: 1, most: 512, points: inBoth(1, 8, 32, 128) },
  vips: { title: 'virtual IPs', least: 1, most: MAX_ADDRESSES, points: inBoth(1, 16, 64, MAX_ADDRESSES) },
  instances: { title: 'instances', least: 1, most: MAX_INSTANCES, points: inBoth(1, 2, 4, 8) },
}

/** Descriptors of a process beside those of connections: a gateway has some 120 of them. */
const OTHER_FILES = 700
/** Of a connection, to a forwarder: the client's socket and the proxy's. */
const FILES_OF_CONNECTION = 2
/** Of a client or a server a connection is one. */
export const heldByProcess = (files: number): number => files - OTHER_FILES

/** Most connections that a gateway with so many descriptors forwards; in kernel mode it has none of them. */
export const mostConnections = (mode: Mode, files: number): number =>
  mode === 'kernel' ? Number.POSITIVE_INFINITY : Math.floor((files - OTHER_FILES) / FILES_OF_CONNECTION)

/** The points of an axis as this host can have them: of connections that a gateway has no descriptors for, as many as it has. */
export function pointsOf(
  axis: Axis,
  mode: Mode,
  asked: readonly number[] | undefined,
  files: number,
): { readonly points: readonly number[]; readonly bound: string | null } {
  const wanted = asked ?? spans[axis].points[mode]
  if (axis !== 'connections') return { points: wanted, bound: null }
  const most = mostConnections(mode, files)
  const points = [...new Set(wanted.map((point) => Math.min(point, most)))]
  const isCut = wanted.some((point) => point > most)
  return { points, bound: isCut ? `${files} descriptors of a process are ${most} connections in ${mode} mode` : null }
}

/** Clients are remembered by a table that an operator has made for them; the smallest is the default one. */
export const tableSizeFor = (clients: number): number => Math.max(65_536, 2 * clients)
