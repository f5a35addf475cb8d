/**
 * The ways from the client to a backend that are compared. `straight` has nobody between, `router` a host that routes, `kernel` the ruleset
 * of kernel mode alone.
 */
export const ways = ['straight', 'router', 'proxyha', 'kernel', 'haproxy', 'nginx'] as const
export type Way = (typeof ways)[number]

/** What a load generator is told. */
export interface Load {
  readonly path: string
  readonly connections: number
  /** A new connection for each request (`Connection: close`). */
  readonly close: boolean
  /** Requests per second over all connections; undefined = as many as it goes. */
  readonly rate?: number
}

/** One thing that is measured. */
export interface Scenario {
  readonly name: string
  readonly title: string
  /** `wrk` falls back to autocannon where it is not installed; its figures then are filed under that name. */
  readonly generator: 'wrk' | 'autocannon'
  readonly load: Load
  /** Which figure counts: requests or bytes per second, or the latency that a way adds. */
  readonly figure: 'requests' | 'bytes' | 'latency'
}

/** autocannon's client costs more CPU than any of the forwarders, so the headline figures are wrk's. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'keep-alive',
    title: 'requests/s over 50 kept connections',
    generator: 'wrk',
    load: { path: '/', connections: 50, close: false },
    figure: 'requests',
  },
  {
    name: 'connections',
    title: 'new connections/s, one request each',
    generator: 'wrk',
    load: { path: '/', connections: 50, close: true },
    figure: 'requests',
  },
  {
    name: 'downloads',
    title: 'downloads of 1 MB over 8 kept connections',
    generator: 'wrk',
    load: { path: '/1m', connections: 8, close: false },
    figure: 'bytes',
  },
  {
    name: 'latency',
    title: 'latency at 1,000 requests/s over 10 kept connections',
    generator: 'autocannon',
    load: { path: '/', connections: 10, close: false, rate: 1000 },
    figure: 'latency',
  },
  {
    name: 'keep-alive-autocannon',
    title: 'requests/s over 50 kept connections',
    generator: 'autocannon',
    load: { path: '/', connections: 50, close: false },
    figure: 'requests',
  },
]

/** What a load generator saw. */
export interface Outcome {
  readonly requests: number
  readonly requestsPerSecond: number
  readonly bytesPerSecond: number
  /** Requests that got no answer, or none with a status of 2xx. */
  readonly errors: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

/** One run: one way, one scenario, in one round. */
export interface Measurement extends Outcome {
  readonly scenario: string
  readonly generator: 'wrk' | 'autocannon'
  readonly way: Way
  readonly round: number
  /**
   * CPU seconds (user and system) of the processes between client and backend, for 10,000 requests; null where there are none. With a
   * core of its own for the director: the seconds for which that was not idle.
   */
  readonly cpuSecondsPer10k: number | null
}
