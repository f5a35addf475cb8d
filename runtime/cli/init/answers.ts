/** What is wrong with an answer, or a flag: judged by the same code as the file that it will be in. */
import { judgeMapping } from '../../../config/load.ts'
import type { Problem } from '../../../config/problems.ts'
import { type HostFacts, judgeOnHost } from '../../../config/resolve.ts'
import type { HeardRouter } from '../../ports/host/host-survey.ts'

/** `PORT` or `PORT:PROXYPORT`. */
export interface RedirectAnswer {
  readonly originalPort: number
  readonly proxyPort: number
}

/** What a gateway's first configuration is made of. */
export interface Answers {
  readonly interfaceName: string
  /** Undefined: the hostname. */
  readonly name: string | undefined
  /** As they were given, with or without a prefix. */
  readonly virtualIps: readonly string[]
  readonly redirects: readonly RedirectAnswer[]
  readonly directorPriority: number
  readonly virtualRouterId: number
}

/** The redirects of a text; a text that is none is what is wrong with it. */
export function readRedirect(text: string): RedirectAnswer | string {
  const [, original, proxy = original] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? []
  if (original === undefined) return `${text} is neither PORT nor PORT:PROXYPORT, such as 8080 or 8080:3128`
  const outside = [original, proxy].find((port) => Number(port) < 1 || Number(port) > 65_535)
  if (outside !== undefined) return `${outside} is no port: ports are 1..65535`
  return { originalPort: Number(original), proxyPort: Number(proxy) }
}

/** As the file has them: those of one proxy port together. */
export function redirectEntries(redirects: readonly RedirectAnswer[]) {
  const byProxy = Map.groupBy(redirects, ({ proxyPort }) => proxyPort)
  return Array.from(byProxy, ([proxyPort, of]) => ({
    originalPorts: of.map(({ originalPort }) => originalPort),
    proxyPort,
  }))
}

/** IPv6 came to VRRP with version 3. */
export const needsVersion3 = ({ virtualIps }: Pick<Answers, 'virtualIps'>): boolean =>
  virtualIps.some((written) => written.includes(':'))

/** The file as its mapping; without what says where the key is. */
function mappingOf(answers: Answers): Readonly<Record<string, unknown>> {
  const { name, interfaceName, directorPriority, virtualRouterId, virtualIps, redirects } = answers
  return {
    ...(name === undefined ? {} : { name }),
    interface: interfaceName,
    directorPriority,
    virtualRouterId,
    virtualIps,
    redirects: redirectEntries(redirects),
    ...(needsVersion3(answers) ? { vrrp: { version: 3 } } : {}),
  }
}

/** Stands for what has not been answered yet. */
const YET_UNKNOWN: Answers = {
  interfaceName: 'eth0',
  name: undefined,
  virtualIps: ['192.0.2.1/32'],
  redirects: [{ originalPort: 1, proxyPort: 1 }],
  directorPriority: 1,
  virtualRouterId: 1,
}

const KEYS = {
  interfaceName: 'interface',
  name: 'name',
  virtualIps: 'virtualIps',
  redirects: 'redirects',
  directorPriority: 'directorPriority',
  virtualRouterId: 'virtualRouterId',
} as const

/** What the configuration says to one answer on this host, whatever the others will be; null: nothing. */
export function problemOf(answer: Partial<Answers>, host: HostFacts): string | null {
  const judged = judgeMapping(mappingOf({ ...YET_UNKNOWN, ...answer }))
  const problems = judged.ok ? hostProblems(judged.value, host) : judged.problems
  const asked = new Set<unknown>(Object.keys(answer).map((key) => KEYS[key as keyof Answers]))
  return problems.find(({ path: [key] }) => asked.has(key))?.text ?? null
}

function hostProblems(file: Parameters<typeof judgeOnHost>[0], host: HostFacts): readonly Problem[] {
  const onHost = judgeOnHost(file, host)
  return onHost.ok ? [] : onHost.problems
}

/** Why somebody else's router stands in the way of a group with that VRID; null: nobody's does. */
export function vridProblem(
  virtualRouterId: number,
  virtualIps: readonly string[],
  routers: readonly HeardRouter[],
): string | null {
  const other = routers.find((router) => router.virtualRouterId === virtualRouterId)
  if (other === undefined) return null
  if (leadsOneOf(other, virtualIps)) return null
  const free = freeVrid(routers)
  return `VRID ${virtualRouterId} is used by ${other.source} for ${other.addresses.join(', ')}; ${free} is free`
}

export const leadsOneOf = ({ addresses }: HeardRouter, virtualIps: readonly string[]): boolean =>
  virtualIps.some((written) => addresses.includes(addressOf(written)))

/** Without its prefix. */
export const addressOf = (written: string): string => written.split('/')[0] ?? written

/** The default of the configuration, and what comes next. */
const FIRST_VRID = 51

/** The first VRID from the default one on that nobody was heard with. */
export function freeVrid(routers: readonly HeardRouter[]): number {
  const used = new Set(routers.map(({ virtualRouterId }) => virtualRouterId))
  const all = Array.from({ length: 255 }, (_, index) => ((FIRST_VRID - 1 + index) % 255) + 1)
  return all.find((vrid) => !used.has(vrid)) ?? FIRST_VRID
}
