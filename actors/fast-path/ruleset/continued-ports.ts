import { type MappedPort, mappedPortsOf, portMappingOf } from './port-mapping.ts'
import type { RulesetRedirect } from './ruleset-types.ts'

/**
 * What becomes of original ports when other redirects are wanted while connections are open by those that there are:
 *
 *     wanted before and now, with the same proxy port   goes on, in the way in which it was
 *     wanted no more                                     ends: what is open goes on, and nothing new begins
 *     wanted with another proxy port                     cut: a segment can be taken to one port only
 */

/** An original port, oldest first among others: who came first keeps its way (`portMappingOf`). */
export interface ContinuedPort extends MappedPort {
  readonly ending: boolean
}

/** Ports that end are kept for as long as the process runs, since other nodes' connections are not known here; so many of them, the last ones. */
export const ENDING_PORTS_MAX = 64

export const firstPorts = (redirects: readonly RulesetRedirect[]): readonly ContinuedPort[] =>
  mappedPortsOf(redirects).map((port) => ({ ...port, ending: false }))

/** `cut`: ports whose connections cannot go on. */
export function continuedPorts(
  before: readonly ContinuedPort[],
  redirects: readonly RulesetRedirect[],
): { readonly ports: readonly ContinuedPort[]; readonly cut: readonly MappedPort[] } {
  const wanted = new Map(mappedPortsOf(redirects).map((port) => [port.originalPort, port]))
  const kept = before.flatMap((port): ContinuedPort[] => {
    const now = wanted.get(port.originalPort)
    if (now === undefined) return [{ ...port, ending: true }]
    return now.proxyPort === port.proxyPort ? [{ ...port, ending: false }] : []
  })
  const known = new Set(kept.map(({ originalPort }) => originalPort))
  const added = [...wanted.values()].filter(({ originalPort }) => !known.has(originalPort))
  let ports = withoutOldest([...kept, ...added.map((port) => ({ ...port, ending: false }))])
  const ways = waysOf(before)
  // What ends makes way for what goes on.
  while (ports.some(({ ending }) => ending) && changedWay(ports, ways) !== undefined) {
    const oldest = ports.findIndex(({ ending }) => ending)
    ports = ports.filter((_, index) => index !== oldest)
  }
  const cut = before.filter((port) => !ports.some((other) => isSame(port, other)))
  return { ports, cut: cut.map(({ originalPort, proxyPort }) => ({ originalPort, proxyPort })) }
}

function withoutOldest(ports: readonly ContinuedPort[]): readonly ContinuedPort[] {
  const ending = ports.filter((port) => port.ending)
  const beyond = new Set(ending.slice(0, Math.max(0, ending.length - ENDING_PORTS_MAX)))
  return ports.filter((port) => !beyond.has(port))
}

/**
 * Why connections that are open would not go on if these redirects were wanted instead of those, as a port would be rewritten in another way;
 * null: they would. In the words of the file.
 */
export function portMappingProblem(
  running: readonly RulesetRedirect[],
  wanted: readonly RulesetRedirect[],
): string | null {
  const before = firstPorts(running)
  const { ports } = continuedPorts(before, wanted)
  const changed = changedWay(ports, waysOf(before))
  if (changed === undefined) return null
  const { originalPort, proxyPort } = changed
  return `redirects: what is open by port ${originalPort} would be cut, as its way to ${proxyPort} would need connection tracking beside the other redirects: restart the gateway`
}

type Way = 'stateless' | 'tracked' | 'none'

/** How each is rewritten. */
function waysOf(ports: readonly ContinuedPort[]): ReadonlyMap<number, Way> {
  const { stateless, tracked } = portMappingOf(redirectsOf(ports))
  const ways = new Map(ports.map(({ originalPort }) => [originalPort, 'none' as Way]))
  for (const { originalPort } of stateless) ways.set(originalPort, 'stateless')
  for (const { originalPort } of tracked) ways.set(originalPort, 'tracked')
  return ways
}

/** One that goes on, and would be tracked although it was not: its answers would leave as the proxy's own. The other way round they go on. */
function changedWay(ports: readonly ContinuedPort[], before: ReadonlyMap<number, Way>): ContinuedPort | undefined {
  const now = waysOf(ports)
  return ports.find(({ originalPort, ending }) => {
    return !ending && before.get(originalPort) === 'stateless' && now.get(originalPort) === 'tracked'
  })
}

const isSame = (one: MappedPort, other: MappedPort): boolean =>
  one.originalPort === other.originalPort && one.proxyPort === other.proxyPort

/** As a ruleset has them. */
export const redirectsOf = (ports: readonly MappedPort[]): readonly RulesetRedirect[] =>
  ports.map(({ originalPort, proxyPort }) => ({ originalPorts: [originalPort], proxyPort }))
