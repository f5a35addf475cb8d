/** What is measured at a point. Pure. */
import type { Axis } from './plan.ts'

interface Figure {
  /** Head of its column, and title of its panel. */
  readonly title: string
  readonly unit: string
}

export const figures = {
  form: { title: 'group forms, once both are ready', unit: 'ms' },
  formCpu: { title: "director's CPU until then", unit: 's' },
  restCpu: { title: 'director at rest', unit: '% of a core' },
  followerCpu: { title: 'follower at rest', unit: '% of a core' },
  resident: { title: 'RSS of the director', unit: 'MB' },
  connectionCpu: { title: "gateway's CPU per new connection", unit: 'µs' },
  machineCpu: { title: "machine's CPU per new connection", unit: 'µs' },
  takeover: { title: 'takeover, after the silence', unit: 'ms' },
  ready: { title: 'restart until ready', unit: 'ms' },
  startCpu: { title: 'CPU of a restart', unit: 's' },
  redeal: { title: 'drain until clients moved', unit: 'ms' },
  status: { title: 'GET /status', unit: 'ms' },
  statusSize: { title: 'answer of /status', unit: 'kB' },
  metrics: { title: 'GET /metrics', unit: 'ms' },
  metricsCpu: { title: 'CPU of GET /metrics', unit: 'ms' },
  metricsSize: { title: 'answer of /metrics', unit: 'kB' },
  beacons: { title: 'beacons on the wire', unit: 'kB/s' },
  elements: { title: 'nft elements', unit: '' },
  peerCpu: { title: "peer's CPU per new connection", unit: 'µs' },
  peerRest: { title: 'peer at rest', unit: '% of a core' },
  peerResident: { title: 'RSS of the peer', unit: 'MB' },
} as const satisfies Record<string, Figure>

export type FigureName = keyof typeof figures
export const figureNames = Object.keys(figures) as readonly FigureName[]

/** What was measured; what does not apply is left out. */
export type Figures = Partial<Record<FigureName, number>>

/** HAProxy does what a director does with connections and clients, keepalived what it does with addresses. */
export const peerOf: Readonly<Record<Axis, 'haproxy' | 'keepalived' | null>> = {
  nodes: null,
  clients: 'haproxy',
  connections: 'haproxy',
  redirects: null,
  vips: 'keepalived',
  instances: 'keepalived',
}
