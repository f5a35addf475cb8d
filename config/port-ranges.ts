import { type PortRange, parsePortRange } from './fields.ts'
import type { Problem } from './problems.ts'
import { fieldAt, listAt } from './raw.ts'

/** Of all ranges together: they are told to the kernel one by one where it is asked who is connected. */
const RANGE_PORTS_MAX = 1024

/** A range in the file. */
interface Written extends PortRange {
  readonly path: readonly (string | number)[]
  readonly text: string
}

/**
 * Redirects of ranges: such as the data connections of FTP, which go to the node of their control connection, as every connection of that
 * client does.
 */
export function rangeProblems(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const redirects = listAt(raw.redirects)
  const ranges = redirects.flatMap((redirect, index) => rangesOf(redirect, index))
  const ordinary = redirects.flatMap((redirect, index) => proxyPortProblems(redirect, index))
  if (ranges.length === 0) return ordinary
  return [
    ...ordinary,
    ...modeProblems(raw, ranges),
    ...overlaps(redirects, ranges),
    ...countProblems(redirects, ranges),
  ]
}

function rangesOf(redirect: unknown, index: number): readonly Written[] {
  return listAt(fieldAt(redirect, 'originalPorts')).flatMap((text, position): readonly Written[] => {
    const range = parsePortRange(text)
    return range === undefined
      ? []
      : [{ ...range, path: ['redirects', index, 'originalPorts', position], text: `${text}` }]
  })
}

/** What a redirect must have that has no range, and must not have that has one. */
function proxyPortProblems(redirect: unknown, index: number): readonly Problem[] {
  if (typeof redirect !== 'object' || redirect === null) return []
  const at = (key: string, text: string): Problem => ({ path: ['redirects', index, key], text })
  const proxyPort = fieldAt(redirect, 'proxyPort')
  if (rangesOf(redirect, index).length === 0) {
    return proxyPort === undefined ? [at('proxyPort', 'is missing; it must be 1..65535')] : []
  }
  const single = listAt(fieldAt(redirect, 'originalPorts')).some((port) => Number.isInteger(port))
  const header = fieldAt(redirect, 'proxyProtocol')
  return [
    ...(single ? [at('originalPorts', 'has ranges and single ports; make two redirects of them')] : []),
    ...(proxyPort === undefined
      ? []
      : [at('proxyPort', 'cannot stand beside a range, whose ports are those of the proxy: leave it out')]),
    ...(fieldAt(redirect, 'check') === undefined
      ? []
      : [at('check', 'cannot stand beside a range, which is not watched: leave it out')]),
    ...(header === 'v1' || header === 'v2' ? [at('proxyProtocol', 'cannot stand beside a range: leave it out')] : []),
  ]
}

/** Forwarders would have to listen on each port. */
function modeProblems(raw: Readonly<Record<string, unknown>>, [first]: readonly Written[]): readonly Problem[] {
  if (raw.forwarding !== 'workers' || first === undefined) return []
  return [{ path: first.path, text: 'a range is for kernel mode: name the ports one by one, or leave it out' }]
}

function overlaps(redirects: readonly unknown[], ranges: readonly Written[]): readonly Problem[] {
  const isIn = (port: unknown, { first, last }: PortRange) => typeof port === 'number' && first <= port && port <= last
  const singles = redirects.flatMap((redirect) => [
    ...listAt(fieldAt(redirect, 'originalPorts')),
    fieldAt(redirect, 'proxyPort'),
  ])
  return ranges.flatMap((range, index): readonly Problem[] => {
    const other = ranges.slice(0, index).find(({ first, last }) => first <= range.last && range.first <= last)
    if (other !== undefined) return [{ path: range.path, text: `${range.text} overlaps ${other.text}` }]
    const port = singles.find((single) => isIn(single, range))
    return port === undefined
      ? []
      : [
          {
            path: range.path,
            text: `${range.text} has port ${port} in it, which is a redirect's: leave that out of one of them`,
          },
        ]
  })
}

function countProblems(redirects: readonly unknown[], ranges: readonly Written[]): readonly Problem[] {
  const count = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  const problems: Problem[] = []
  if (count > RANGE_PORTS_MAX) {
    problems.push({ path: ['redirects'], text: `has ranges of ${count} ports; at most ${RANGE_PORTS_MAX} in all` })
  }
  if (redirects.every((redirect, index) => rangesOf(redirect, index).length > 0)) {
    problems.push({
      path: ['redirects'],
      text: 'has ranges only; at least one redirect must have a proxyPort, whose proxy is watched',
    })
  }
  return problems
}
