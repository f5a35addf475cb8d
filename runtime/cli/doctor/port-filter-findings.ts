/** What the doctor finds in packet filters that keeps clients away from a proxy, while the node itself is heard. */
import { problem } from '../../../actors/inspector/doctor/findings.ts'
import type { Finding } from '../../../actors/inspector/messages.ts'
import type { OutsideRule } from './outside.ts'

const LINES_SHOWN = 5
/** Our own tables drop what is not for them. */
const OWN_TABLE = /^table \S+ proxyha/

/** A rule that drops what comes for an original port or a proxy port. */
export const portFilter: OutsideRule = ({ host: { network }, diagnostics: { redirects } }) => {
  const ports = [...new Set(redirects.flatMap(({ originalPorts, proxyPort }) => [...originalPorts, proxyPort]))]
  const drops = foreignLines(network?.ruleset ?? '').filter((line) => dropsOneOf(line, ports))
  return drops.length === 0 ? [] : [findingOf(drops, ports)]
}

function findingOf(drops: readonly string[], ports: readonly number[]): Finding {
  const what = 'a packet filter of this host drops what clients send to a redirect, or the director to its proxy'
  const advice = `let TCP to ${ports.join(', ')} through, from the clients and from the other nodes`
  return problem('firewall', what, drops.slice(0, LINES_SHOWN), advice)
}

/** The lines of tables that are not ours. */
function foreignLines(ruleset: string): readonly string[] {
  let isOwn = false
  return ruleset.split('\n').flatMap((text) => {
    if (text.startsWith('table ')) isOwn = OWN_TABLE.test(text)
    return isOwn ? [] : [text.trim()]
  })
}

/** `tcp dport 3128 drop`, `tcp dport { 22, 3000-4000 } reject with tcp reset`; what is said of a rate or of some clients is told as well. */
function dropsOneOf(line: string, ports: readonly number[]): boolean {
  if (!/\b(?:drop|reject)\b/.test(line)) return false
  const [, set, one] = /\b(?:tcp|th) dport (?:\{ ([^}]*) \}|(\d[\d-]*))/.exec(line) ?? []
  return (set ?? one ?? '').split(', ').some((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number)
    return ports.some((port) => port >= first && port <= last)
  })
}
