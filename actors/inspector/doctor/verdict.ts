/** What an operator has to know first, in one line. Pure. */
import { WARNINGS, type WarningCode } from '../../../runtime/actor-system/inspection/warning-codes.ts'
import type { Finding, GatewayStatus, NodeStatus, Verdict } from '../messages.ts'

/** A line of a terminal, with a margin. */
export const VERDICT_CHARACTERS = 76

/** `status`: with all nodes. `findings`: the gravest first. `okSince`: since when nothing was to be mended. */
export function verdictOf(
  status: GatewayStatus,
  findings: readonly Finding[],
  wallMs: number,
  okSince: string,
): Verdict {
  const worst = worstOf(findings)
  const level = worst === undefined || worst.level === 'note' ? 'ok' : worst.level
  const said = level === 'ok' || worst === undefined ? [] : [phraseOf(worst, findings, status, wallMs)]
  const [leads, serve] = [leadersText(status), servingText(status)]
  const both = leads === null ? serve : `${leads}, ${serve}`
  const endings = level === 'failure' ? [endingOf(worst, leads, serve)] : [both, serve]
  const asides = level === 'ok' ? asidesOf(status) : []
  const candidates = [
    ...endings.map((ending) => [...said, ending, ...asides]),
    ...endings.map((ending) => [...said, ending]),
    said.length > 0 ? said : [serve],
  ].map((parts) => `${level}: ${parts.join('; ')}`)
  const text = candidates.find(({ length }) => length <= VERDICT_CHARACTERS) ?? cut(candidates.at(-1) ?? level)
  return { level, text, since: (level === 'ok' ? null : worst?.since) ?? okSince }
}

/** With a director missing, or two of them, who leads is said already; with nobody who serves, how many do. */
const endingOf = (worst: Finding | undefined, leads: string | null, serve: string): string =>
  worst?.code === 'nobody-serves' ? (leads ?? serve) : serve

const cut = (text: string): string => `${text.slice(0, VERDICT_CHARACTERS - 1)}…`

/** What all nodes of the group know goes before what one of them knows, so that it is the same on each. */
const KNOWN_TO_ALL = ['no-director', 'nobody-serves', 'two-directors', 'dual-master', 'node-stale', ...failures()]

function failures(): readonly string[] {
  return ['proxy-ports', 'proxy-bound', 'node-failure']
}

function worstOf(findings: readonly Finding[]): Finding | undefined {
  const [first] = findings
  if (first === undefined) return undefined
  const gravest = findings.filter(({ level }) => level === first.level)
  const ofAll = KNOWN_TO_ALL.flatMap((code) => gravest.find((finding) => finding.code === code) ?? [])
  return ofAll[0] ?? first
}

/** What no warning is, and its own text is too long for. */
const PHRASES: Readonly<Record<string, string>> = {
  alone: 'the director is alone',
  'dominant-client': 'one client has most of the connections',
  'other-mode': 'a node in workers mode gets no clients',
}

function phraseOf(worst: Finding, findings: readonly Finding[], status: GatewayStatus, wallMs: number): string {
  const { code, about } = worst
  switch (code) {
    case 'no-director':
      return `nobody leads ${addressesText(vacant(status))}`
    case 'nobody-serves':
      return 'no node serves'
    case 'not-held':
      return `the director lacks ${addressesText(status.virtualIps.filter(({ held }) => !held).map(({ address }) => address))}`
    case 'dual-master':
    case 'two-directors':
      return `two directors, ${rivalsText(status, about)}`
    case 'node-stale':
      return missingText(ofCodes(findings, ['node-stale']), status, wallMs)
    case 'proxy-ports':
    case 'proxy-bound':
    case 'node-failure':
      return failedText(ofCodes(findings, failures()), status)
    default:
      return PHRASES[code] ?? WARNINGS[code as WarningCode]?.meaning.replaceAll('`', '') ?? worst.text
  }
}

const ofCodes = (findings: readonly Finding[], codes: readonly string[]): readonly Finding[] => [
  ...new Map(findings.filter(({ code }) => codes.includes(code)).map((one) => [one.about, one])).values(),
]

function missingText(missing: readonly Finding[], status: GatewayStatus, wallMs: number): string {
  const [only, another] = missing
  if (missing.length > 2) return `${missing.length} nodes are missing`
  if (another !== undefined) return `${namesOf(missing, status)} are missing`
  const since = only?.since ?? null
  return `${namesOf(missing, status)} is missing${since === null ? '' : ` for ${ageText(wallMs - Date.parse(since))}`}`
}

function failedText(failed: readonly Finding[], status: GatewayStatus): string {
  if (failed.length > 2) return `${failed.length} nodes have failed`
  if (failed.length === 2) return `${namesOf(failed, status)} have failed`
  const node = status.nodes.find(({ address }) => address === failed[0]?.about)
  const own = status.monitor.ports.filter(({ problem }) => problem !== null).map(({ port }) => port)
  const ports = node?.self === true && own.length > 0 ? own : (node?.failedPorts ?? [])
  return `${namesOf(failed, status)} has failed${ports.length === 0 ? '' : ` on port ${ports.join(', ')}`}`
}

const namesOf = (findings: readonly Finding[], status: GatewayStatus): string =>
  findings
    .map(({ about }) => nameOf(status.nodes, about ?? ''))
    .sort()
    .join(' and ')

const nameOf = (nodes: readonly NodeStatus[], address: string): string =>
  nodes.find((node) => node.address === address)?.name ?? address

function rivalsText({ nodes }: GatewayStatus, about: string | null): string {
  const rivals = nodes.filter(({ director, self, address }) => director || self || address === about)
  const leading = rivals.filter(({ director, address }) => director || address === about)
  const named = leading.length > 1 ? leading : rivals
  return (
    named
      .map(({ name }) => name)
      .sort()
      .join(' and ') || 'as it seems'
  )
}

/** Virtual IPs of virtual routers that nobody leads, as far as this node knows. */
const vacant = ({ instances }: GatewayStatus): readonly string[] =>
  instances
    .filter(({ role, masterIp, state }) => role !== 'director' && masterIp === null && state !== 'FAULT')
    .flatMap(({ virtualIps }) => virtualIps.map(({ address }) => address))

const addressesText = ([first = 'the virtual IPs', ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} and ${more.length} more`

/** `jupiter leads`; null where nobody is known to. */
function leadersText({ node, nodes, instances }: GatewayStatus): string | null {
  const leaders = instances.flatMap(({ role, masterIp }) => {
    if (role === 'director') return [nodes.find(({ self }) => self)?.name ?? node]
    if (masterIp === null) return []
    const named = nodes.find(({ address }) => address === masterIp)
    // IPv6 adverts come from link-local addresses, which no node is known by.
    return [
      named?.name ?? (masterIp.includes(':') ? (nodes.find(({ director }) => director)?.name ?? masterIp) : masterIp),
    ]
  })
  const all = [...new Set(leaders)].sort()
  if (all.length === 0) return null
  return `${all.join(' and ')} ${all.length === 1 ? 'leads' : 'lead'}`
}

/** `2 of 3 nodes serve`; whoever has stopped in order is not counted. Where all drain, they go on. */
function servingText({ nodes }: GatewayStatus): string {
  const there = nodes.filter(({ left }) => !left)
  const well = there.filter(({ state }) => state === 'ok').length
  const serving = well > 0 ? well : there.filter(({ state }) => state === 'draining').length
  return `${serving} of ${there.length} ${there.length === 1 ? 'node serves' : 'nodes serve'}`
}

function asidesOf({ nodes }: GatewayStatus): readonly string[] {
  const named = (some: readonly NodeStatus[], one: string, several: string): readonly string[] => {
    if (some.length === 0) return []
    return [some.length === 1 ? `${some[0]?.name} ${one}` : `${some.length} ${several}`]
  }
  return [
    ...named(
      nodes.filter(({ state }) => state === 'draining'),
      'drains',
      'drain',
    ),
    ...named(
      nodes.filter(({ left }) => left),
      'has left',
      'have left',
    ),
  ]
}

/** `40 s`, `5 min`, `3 h`, `2 days`. */
function ageText(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  const hours = Math.floor(seconds / 3600)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`
}
