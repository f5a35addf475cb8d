import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fullRuleset } from '../../../actors/fast-path/ruleset/ruleset.ts'
import type { Ruleset } from '../../../actors/fast-path/ruleset/ruleset-types.ts'
import { describeInNamespaces, type Namespace } from '../../namespaces.ts'
import { macOf, nodesOf, rulesetOf, slotsOf } from './rulesets.ts'

const addresses = (role: 'director' | 'node') => [
  { address: '10.77.0.10', role },
  { address: 'fd00:77::10', role },
]

/** Every other slot was of the second node. */
const halfMoved = slotsOf((slot) => (slot % 2 === 0 ? 2 : 0))

/** Every role with every shape of redirect. */
const shapes: Readonly<Record<string, Ruleset>> = {
  'director, ports kept': rulesetOf(),
  'node, ports kept': rulesetOf({ virtualIps: [{ address: '10.77.0.10', role: 'node' }] }),
  'director, one original port each': rulesetOf({
    virtualIps: addresses('director'),
    redirects: [
      { originalPorts: [80], proxyPort: 9090 },
      { originalPorts: [2121], proxyPort: 2122 },
    ],
  }),
  'node, one original port each': rulesetOf({
    virtualIps: addresses('node'),
    redirects: [
      { originalPorts: [80], proxyPort: 9090 },
      { originalPorts: [2121], proxyPort: 2122 },
    ],
  }),
  'director, several original ports': rulesetOf({
    redirects: [
      { originalPorts: [80, 8080], proxyPort: 9090 },
      { originalPorts: [2121], proxyPort: 2121 },
    ],
  }),
  'node, several original ports': rulesetOf({
    virtualIps: addresses('node'),
    redirects: [
      { originalPorts: [80, 8080], proxyPort: 9090 },
      { originalPorts: [2121], proxyPort: 2122 },
    ],
  }),
  'director of one address and node of another': rulesetOf({
    virtualIps: [
      { address: '10.77.0.10', role: 'director' },
      { address: '10.77.0.11', role: 'node' },
    ],
  }),
  'director, a node in failure, one draining, pins': rulesetOf({
    nodes: [...nodesOf(2), { mark: 3, mac: macOf(3), self: false, takesNew: false, reachable: true }],
    pins: [
      { client: '10.77.0.1', mark: 2 },
      { client: '10.77.0.3', mark: 2, expiresS: 12 },
      { client: 'fd00:77::1', mark: 2 },
    ],
  }),
  'director, fenced by its adverts': rulesetOf({ fencedAfterMs: 3000 }),
  'director, hearing who has to stay': rulesetOf({ hearing: true }),
  'director, hearing and settling': rulesetOf({ hearing: true, former: halfMoved }),
  'director, settling': rulesetOf({ former: halfMoved }),
  'node, its proxies watched': rulesetOf({ hidesUnlistened: true }),
  'director, giving way': rulesetOf({ givingWay: true }),
  'director, nobody to forward to': rulesetOf({ nodes: [], slots: new Uint8Array(4096) }),
}

/** 4096 slots say nothing to a reader: the lines are cut. */
const abridged = (text: string) =>
  text.replaceAll(/((?:slots|former) \{)(.{80}).+( : \d+ \})/g, (_, head, start, end) => `${head}${start} ... ${end}`)

/** Two are kept whole, the others as the lines that differ from the first. */
const WHOLE = ['director, ports kept', 'node, several original ports']

/** Lines that only one of them has, in the order of both: the shortest such list. */
function difference(from: readonly string[], to: readonly string[]): string {
  const common = Array.from({ length: from.length + 1 }, () => new Uint16Array(to.length + 1))
  for (let i = from.length - 1; i >= 0; i--) {
    for (let j = to.length - 1; j >= 0; j--) {
      common[i]![j] = from[i] === to[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!)
    }
  }
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < from.length || j < to.length) {
    if (from[i] === to[j]) {
      i++
      j++
    } else if (j === to.length || (i < from.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push(`- ${from[i++]}`)
    } else {
      lines.push(`+ ${to[j++]}`)
    }
  }
  return `${lines.join('\n')}\n`
}

describe('the ruleset', () => {
  it.each(Object.entries(shapes))('of a host that is %s', async (name, ruleset) => {
    const file = `./golden/${name.replaceAll(/[ ,]+/g, '-')}.nft`
    const text = abridged(fullRuleset(ruleset))
    const first = abridged(fullRuleset(shapes[WHOLE[0]!]!))
    await expect(WHOLE.includes(name) ? text : difference(first.split('\n'), text.split('\n'))).toMatchFileSnapshot(
      file,
    )
  })
})

describeInNamespaces('nft', { programs: ['nft'] }, (namespaces) => {
  let host: Namespace
  beforeAll(() => {
    host = namespaces.subnet('10.77.0.2/24').members[0]!
  })
  afterAll(() => namespaces.close())

  it.each(Object.entries(shapes))('takes the ruleset of a host that is %s', async (_, ruleset) => {
    expect(await host.run('nft', ['-c', fullRuleset(ruleset)])).toMatchObject({ code: 0, stderr: '' })
  })
})
