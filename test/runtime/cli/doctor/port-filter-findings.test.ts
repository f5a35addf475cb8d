import { describe, expect, test } from 'vitest'
import type { Outside } from '../../../../runtime/cli/doctor/outside.ts'
import { portFilter } from '../../../../runtime/cli/doctor/port-filter-findings.ts'
import { healthyHost } from '../captured-cli.ts'

const redirects = [{ originalPorts: [8080, 443], proxyPort: 3128 }]
const findings = (ruleset: string | null) =>
  portFilter({ host: healthyHost({ ruleset }), diagnostics: { redirects } } as unknown as Outside)
const ruleIn = (table: string, rule: string) =>
  `table ${table} {\n\tchain in {\n\t\ttype filter hook input priority filter; policy accept;\n\t\t${rule}\n\t}\n}\n`

describe('a packet filter of the host', () => {
  test.each([
    'tcp dport 3128 drop',
    'tcp dport { 22, 8080 } counter packets 7 bytes 420 drop',
    'tcp dport 3000-4000 reject with tcp reset',
    'ip saddr 10.0.0.0/8 tcp dport { 1-100, 400-500 } drop',
  ])('that has "%s" keeps clients from a redirect', (rule) => {
    expect(findings(ruleIn('inet firewall', rule))).toMatchObject([
      { code: 'firewall', level: 'warning', evidence: [rule] },
    ])
  })

  test.each([
    ['inet firewall', 'tcp dport 3128 accept'],
    ['inet firewall', 'tcp dport 25 drop'],
    ['inet firewall', 'tcp dport { 22, 31280 } drop'],
    ['inet firewall', 'tcp sport 3128 drop'],
    ['netdev proxyha', 'tcp dport 3128 drop'],
  ])('whose table %s has "%s" does not', (table, rule) => {
    expect(findings(ruleIn(table, rule))).toEqual([])
  })

  test('that cannot be read says nothing', () => {
    expect(findings(null)).toEqual([])
  })
})
