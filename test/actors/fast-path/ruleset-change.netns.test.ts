import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { changeOf, fullRuleset, isDirector, removedRuleset } from '../../../actors/fast-path/ruleset/ruleset.ts'
import type { Pin, Ruleset, RulesetNode } from '../../../actors/fast-path/ruleset/ruleset-types.ts'
import { describeInNamespaces, type Namespace } from '../../namespaces.ts'
import { apply } from './kernel-group.ts'
import { macOf, rulesetOf, slotsOf } from './rulesets.ts'

const role = fc.constantFrom('director', 'node')
const addresses = fc
  .subarray(['10.77.0.10', '10.77.0.11', '10.77.0.12', 'fd00:77::10', 'fe80::10'])
  .chain((chosen) => fc.tuple(...chosen.map((address) => fc.record({ address: fc.constant(address), role }))))
const nodes: fc.Arbitrary<RulesetNode[]> = fc.subarray([1, 2, 3, 4, 64]).chain((marks) =>
  fc.tuple(
    ...marks.map((mark) =>
      fc.record({
        mark: fc.constant(mark),
        mac: fc.constantFrom(macOf(mark), macOf(mark + 100)),
        self: fc.constant(mark === 1),
        takesNew: fc.boolean(),
        reachable: fc.boolean(),
      }),
    ),
  ),
)
const port = fc.constantFrom(80, 81, 2121, 8080, 9090, 9091)
/** Like a valid configuration: no port is an original port twice. */
const redirects = fc
  .uniqueArray(fc.record({ originalPort: port, proxyPort: port }), { selector: ({ originalPort }) => originalPort })
  .map((ports) => ports.map(({ originalPort, proxyPort }) => ({ originalPorts: [originalPort], proxyPort })))
const pins: fc.Arbitrary<Pin[]> = fc.array(
  fc.record({ client: fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::1'), mark: fc.integer({ min: 1, max: 64 }) }),
)
const slots = fc
  .record({ step: fc.integer({ min: 1, max: 5 }), by: fc.integer({ min: 1, max: 4096 }) })
  .map(({ step, by }) => slotsOf((slot) => Math.floor(slot / by) % step))

/** Mostly like the usual one, so that changes are small as well as large. */
const ruleset: fc.Arbitrary<Ruleset> = fc
  .record(
    {
      interfaceName: fc.constantFrom('eth0', 'eth0', 'eth0', 'eth0.10'),
      mac: fc.constantFrom(macOf(1), macOf(9)),
      managementIp: fc.constantFrom('10.77.0.2', '10.77.0.3'),
      virtualIps: addresses,
      redirects,
      nodes,
      slots,
      pins,
      pinTimeoutS: fc.constantFrom(600, 60),
      tableSize: fc.constantFrom(65_536, 65_536, 1024),
    },
    { requiredKeys: [] },
  )
  .map(rulesetOf)

/** What the table comes to: without counters and the time that passes, and what packets write only where it is told. */
function essence(listing: string, withPins: boolean): string {
  const elements = (text: string) =>
    text.replaceAll(/elements = \{([^}]*)\}/g, (_, list: string) =>
      list
        .split(',')
        .map((element) => element.trim())
        .sort()
        .join(' '),
    )
  const still = elements(listing.replaceAll(/ expires \w+/g, ''))
  return withPins ? still : still.replaceAll(/(map pins[46] \{[^}]*dynamic,timeout)[^}]*/g, '$1')
}

/** Of two random rulesets each, which nft loads whole: a second and more. */
const RUNS = 30

describeInNamespaces('a change of the ruleset', { programs: ['nft'] }, (namespaces) => {
  let host: Namespace
  const list = async () => (await host.run('nft', ['list', 'ruleset'])).stdout
  /** Ours, in one order whichever was made first. */
  const ours = async () => {
    const tables = ['netdev', 'arp', 'inet'].map((family) => host.run('nft', ['list', 'table', family, 'proxyha']))
    return (await Promise.all(tables)).map(({ stdout }) => stdout).join('')
  }
  /** Writes what the operator has beside ours; every test sees that it stays. */
  const foreign =
    'table inet firewall { chain in { type filter hook input priority 0; tcp dport 22 counter accept; }; }\n'
  let foreignListing: string

  beforeAll(async () => {
    host = namespaces.subnet('10.77.0.2/24').members[0]!
    host.ip('link', 'add', 'eth0.10', 'type', 'veth', 'peer', 'name', 'other')
    await apply(host, foreign)
    foreignListing = await list()
  })
  afterAll(() => namespaces.close())

  it('makes of one ruleset what the whole of the other is; pins only where a director begins', async () => {
    let changed = 0
    await fc.assert(
      fc.asyncProperty(ruleset, ruleset, async (before, after) => {
        await apply(host, fullRuleset(before))
        const change = changeOf(before, after)
        if (change !== undefined) await apply(host, change)
        const result = await ours()
        await apply(host, fullRuleset(after))
        const whole = await ours()
        const loadsPins = isDirector(after) && !isDirector(before)
        expect(essence(result, loadsPins)).toBe(essence(whole, loadsPins))
        expect(changeOf(after, after)).toBeUndefined()
        if (change !== undefined) changed += 1
      }),
      { numRuns: RUNS },
    )
    expect(changed).toBeGreaterThan(RUNS / 2)
  }, 120_000)

  it('of a role, slots or nodes is of elements alone', () => {
    const before = rulesetOf({ virtualIps: [{ address: '10.77.0.10', role: 'node' }] })
    const after = rulesetOf({
      pins: [{ client: '10.0.0.1', mark: 2 }],
      slots: slotsOf((slot) => (slot === 7 ? 3 : (slot % 3) + 1)),
    })
    expect(changeOf(before, after)).toBe(
      [
        'delete element netdev proxyha duties4 { 10.77.0.10 : goto serve4 }',
        'delete element netdev proxyha silent4 { 10.77.0.10 }',
        'delete element netdev proxyha slots { 7 : 2 }',
        'add element netdev proxyha duties4 { 10.77.0.10 : goto direct4 }',
        'add element netdev proxyha slots { 7 : 3 }',
        'flush map netdev proxyha pins4',
        'flush map netdev proxyha pins6',
        'flush map netdev proxyha staying4',
        'flush map netdev proxyha staying6',
        'flush map netdev proxyha connections4',
        'flush map netdev proxyha connections6',
        'flush map netdev proxyha told4',
        'flush map netdev proxyha told6',
        'add element netdev proxyha pins4 { 10.0.0.1 timeout 600s expires 600s : 2 }',
        '',
      ].join('\n'),
    )
  })

  it('leaves the pins that packets have written alone', async () => {
    const before = rulesetOf()
    await apply(host, fullRuleset({ ...before, pins: [{ client: '10.0.0.1', mark: 2 }] }))
    const after = rulesetOf({
      redirects: [{ originalPorts: [80], proxyPort: 9090 }],
      pinTimeoutS: 60,
      slots: slotsOf(() => 3),
    })
    await apply(host, changeOf(before, after)!)
    expect(await list()).toMatch(/10\.0\.0\.1 timeout 10m expires \w+ : 0x00000002/)
  })

  it('leaves the tables of others alone, and what is removed leaves nothing behind', async () => {
    await apply(host, fullRuleset(rulesetOf({ redirects: [{ originalPorts: [80, 81], proxyPort: 9090 }] })))
    expect(await list()).toContain('table inet proxyha')
    for (const times of ['once', 'twice']) {
      await apply(host, removedRuleset())
      expect(await list(), times).toBe(foreignListing)
    }
  })
})
