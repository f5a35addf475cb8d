import { describe, expect, test } from 'vitest'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import { planReload } from '../../config/reload-plan.ts'
import { GATEWAY_RULES, INSTANCE_RULES } from '../../config/reload-rules.ts'
import { gatewayConfig } from './gateway-config.ts'

const RUNNING = gatewayConfig('virtualIps: [10.0.0.5]\ndirectorPriority: 99')
/** With one of each list, of which a change can be made. */
const FULL = gatewayConfig(`virtualIps: [10.0.0.5]
track: {scripts: [{command: /bin/true}]}
notify: [{command: /bin/true}]`)
const ELECTED = `vrrp: {version: 3}
instances:
  - {virtualRouterId: 51, virtualIps: [10.0.0.5]}
  - {name: web, virtualRouterId: 52, directorPriority: 90, virtualIps: [10.0.0.6]}`

/** The dotted paths of all values of a configuration; lists are values. */
function pathsOf(section: object, prefix = ''): readonly string[] {
  return Object.entries(section).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? pathsOf(value, `${prefix}${key}.`)
      : [`${prefix}${key}`],
  )
}

/** Another value of the same kind. */
function another(value: unknown): unknown {
  if (Array.isArray(value)) return [...value, value[0] ?? '10.0.0.9']
  if (typeof value === 'number') return value + 1
  if (typeof value === 'boolean') return !value
  return value === null ? 'set now' : `${value}x`
}

function changed<Section extends object>(section: Section, path: string): Section {
  const [key = '', ...rest] = path.split('.')
  const value = (section as Record<string, unknown>)[key]
  return { ...section, [key]: rest.length > 0 ? changed(value as object, rest.join('.')) : another(value) }
}

const firstInstance = (path: string): GatewayConfig => {
  const [first, ...others] = FULL.instances
  return { ...FULL, instances: [changed(first, path), ...others] }
}

describe('every setting is classified: a change of it is named, and either applied or refused with the reason', () => {
  const { instances, virtualIps: _, ...gateway } = FULL
  const cases = [
    ...pathsOf(gateway).map((path) => [path, () => changed(FULL, path)] as const),
    ...pathsOf(instances[0]).map((path) => [`instance ${path}`, () => firstInstance(path)] as const),
  ]
  test.each(cases)('%s', (_path, wanted) => {
    const plan = planReload(FULL, wanted())
    const named = plan.ok ? plan.changes : plan.refusals
    expect(named).toHaveLength(1)
    expect(named[0]!.path).not.toBe('')
    if (!plan.ok) expect(plan.refusals[0]!.reason).not.toBe('')
  })

  test('no rule is of a setting that there is not', () => {
    expect([...new Set(pathsOf(GATEWAY_RULES).map(ruleOf))].sort()).toEqual([...pathsOf(gateway)].sort())
    expect([...new Set(pathsOf(INSTANCE_RULES).map(ruleOf))].sort()).toEqual([...pathsOf(instances[0])].sort())
  })
  const ruleOf = (path: string) => path.replace(/\.(path|refusal|show)$/, '')
})

test('nothing is another: no changes', () => {
  expect(planReload(RUNNING, structuredClone(RUNNING))).toEqual({ ok: true, changes: [] })
})

test('a change is told in the words of the file, with both values', () => {
  const wanted = gatewayConfig(`virtualIps: [10.0.0.5]
directorPriority: 120
vrrp: {preempt: false, preemptDelay: 1500ms}
track: {portMonitor: -30}
garp: {repeatAfter: [1s], refresh: 1h}
beacons: {interval: 500ms}
logging: {levels: {elector: debug, watcher: error}, target: syslog}`)
  expect(planReload(RUNNING, wanted)).toEqual({
    ok: true,
    changes: [
      { path: 'directorPriority', before: '99', after: '120' },
      { path: 'vrrp.preempt', before: 'yes', after: 'no' },
      { path: 'vrrp.preemptDelay', before: '0s', after: '1500ms' },
      { path: 'track.portMonitor', before: 'off', after: '-30' },
      { path: 'garp.repeatAfter', before: '1s, 2500ms', after: '1s' },
      { path: 'garp.refresh', before: '0s', after: '3600s' },
      { path: 'beacons.interval', before: '1s', after: '500ms' },
      { path: 'logging.levels', before: 'none', after: 'elector debug, watcher error' },
      { path: 'logging.target', before: 'auto', after: 'syslog' },
    ],
  })
})

test('one setting that needs a start refuses all, and only what needs it is named', () => {
  const wanted = gatewayConfig(
    'virtualIps: [10.0.0.5]\ndirectorPriority: 120\nvirtualRouterId: 52\nforwarders: {count: 4}',
  )
  const plan = planReload(RUNNING, wanted)
  expect(plan.ok).toBe(false)
  expect(plan).toMatchObject({
    refusals: [
      { path: 'instances', before: 'VI_51 (ipv4, VRID 51)', after: 'VI_52 (ipv4, VRID 52)' },
      { path: 'forwarders.count', before: '1', after: '4' },
    ],
  })
})

test('the priority of the owner neither comes nor goes while the gateway runs', () => {
  const owner = { ...RUNNING, instances: [{ ...RUNNING.instances[0], directorPriority: 255 }] } as const
  expect(planReload(RUNNING, owner)).toMatchObject({ ok: false, refusals: [{ path: 'directorPriority' }] })
  expect(planReload(owner, RUNNING)).toMatchObject({ ok: false, refusals: [{ path: 'directorPriority' }] })
})

test('a secret is never told, only that it is another one', () => {
  const [before, after] = ['the first secret of all', 'the second secret of all'].map((key) =>
    gatewayConfig(`virtualIps: [10.0.0.5]\ncluster: {key: ${key}}\ninspector: {token: ${key.replaceAll(' ', '-')}}`),
  )
  const plans = [planReload(before!, after!), planReload(RUNNING, after!)]
  expect(JSON.stringify(plans)).not.toMatch(/secret.of.all/)
  expect(plans[0]).toMatchObject({ refusals: [{ path: 'cluster.keys', before: '(secret)', after: '(secret)' }] })
  expect(plans[1]).toMatchObject({ refusals: [{ before: 'none', after: '(secret)' }] })
})

describe('the keys of a group', () => {
  const [OLD, NEW] = ['the old key of the group', 'the new key of the group']
  const by = (...keys: readonly string[]) => ({ ...RUNNING, cluster: { ...RUNNING.cluster, keys } })

  test.each([
    ['one more is taken', [OLD], [OLD, NEW]],
    ['it is sent with the other', [OLD, NEW], [NEW, OLD]],
    ['the former is taken no more', [NEW, OLD], [NEW]],
    ['back again', [NEW, OLD], [OLD, NEW]],
  ])('change one after the other: %s', (_, before, after) => {
    expect(planReload(by(...before), by(...after))).toMatchObject({ ok: true, changes: [{ path: 'cluster.keys' }] })
  })

  test.each([
    ['at once', [OLD], [NEW]],
    ['by sending with one that the others do not take yet', [OLD], [NEW, OLD]],
  ])('do not change %s: the way is told', (_, before, after) => {
    expect(planReload(by(...before), by(...after))).toMatchObject({
      ok: false,
      refusals: [
        {
          path: 'cluster.keys',
          reason:
            'the other nodes do not take its first key yet; change it in three steps, each on all nodes: keys [old, new], then [new, old], then [new]',
        },
      ],
    })
  })

  test.each([
    ['begin', [], [NEW]],
    ['end', [OLD], []],
  ])('do not %s while the gateway runs', (_, before, after) => {
    expect(planReload(by(...before), by(...after))).toMatchObject({
      ok: false,
      refusals: [{ reason: expect.stringMatching(/; restart it$/) }],
    })
  })
})

test('what may be secret in a URL or in the arguments of a command is not told', () => {
  const [before, after, program] = [
    'url: "http://me:hidden@127.0.0.1:8000/share?key=hidden"',
    'url: "http://127.0.0.1:8000/share"',
    'command: [/usr/bin/share, --password, hidden]',
  ].map((agent) => gatewayConfig(`virtualIps: [10.0.0.5]\nagent: { ${agent} }`))
  const plans = [planReload(before!, after!), planReload(after!, program!)]
  expect(JSON.stringify(plans)).not.toContain('hidden')
  expect(plans[0]).toMatchObject({
    changes: [
      { path: 'agent.url', before: 'http://***@127.0.0.1:8000/share?***', after: 'http://127.0.0.1:8000/share' },
    ],
  })
  expect(JSON.stringify(plans[1])).toContain('/usr/bin/share (and 2 arguments)')
})

test('of several instances the name says whose setting it is', () => {
  const before = gatewayConfig(ELECTED)
  const after = gatewayConfig(ELECTED.replace('directorPriority: 90', 'directorPriority: 91'))
  expect(planReload(before, after)).toEqual({
    ok: true,
    changes: [{ path: 'instances.web.directorPriority', before: '90', after: '91' }],
  })
})

describe('instances', () => {
  const instances = (...lines: readonly string[]) =>
    gatewayConfig(`vrrp: {version: 3}\ninstances:\n${lines.map((line) => `  - {${line}}\n`).join('')}`)
  const [FIRST, WEB, MAIL] = [
    'virtualRouterId: 51, virtualIps: [10.0.0.5]',
    'name: web, virtualRouterId: 52, virtualIps: [10.0.0.6]',
    'name: mail, virtualRouterId: 53, virtualIps: [10.0.0.7]',
  ] as const

  test('other than the first come and go', () => {
    expect(planReload(instances(FIRST), instances(FIRST, WEB))).toEqual({
      ok: true,
      changes: [
        { path: 'instances', before: 'VI_51 (ipv4, VRID 51)', after: 'VI_51 (ipv4, VRID 51), web (ipv4, VRID 52)' },
      ],
    })
    expect(planReload(instances(FIRST, WEB, MAIL), instances(FIRST, MAIL))).toMatchObject({ ok: true })
  })

  test('may be in another order, but for the first', () => {
    expect(planReload(instances(FIRST, WEB, MAIL), instances(FIRST, MAIL, WEB))).toEqual({ ok: true, changes: [] })
    const plan = planReload(instances(FIRST, WEB), instances(WEB, FIRST))
    expect(plan).toMatchObject({ ok: false, refusals: [{ path: 'instances' }] })
    expect(plan.ok ? '' : plan.refusals[0]!.reason).toMatch(
      /the first one is what nodes .* know each other by; restart it/,
    )
  })

  test('of one name are one: another VRID for it needs a start', () => {
    const plan = planReload(instances(FIRST, WEB), instances(FIRST, WEB.replace('52', '54')))
    expect(plan).toMatchObject({ ok: false, refusals: [{ path: 'instances' }] })
    expect(plan.ok ? '' : plan.refusals[0]!.reason).toMatch(/web is another virtual router; restart it/)
  })

  test('give virtual IPs to each other', () => {
    const moved = instances(
      FIRST,
      'name: web, virtualRouterId: 52, virtualIps: [10.0.0.6, 10.0.0.7]',
      MAIL.replace('10.0.0.7', '10.0.0.8'),
    )
    expect(planReload(instances(FIRST, WEB, MAIL), moved)).toMatchObject({
      ok: true,
      changes: [{ path: 'instances.web.virtualIps' }, { path: 'instances.mail.virtualIps' }],
    })
  })
})

describe('redirects and virtual IPs are applied', () => {
  test('and told in the words of the file', () => {
    const wanted = gatewayConfig(
      'virtualIps: [10.0.0.5, 10.0.0.6]\ndirectorPriority: 99\nredirects: [{originalPorts: [8080], proxyPort: 3128}]',
    )
    expect(planReload(RUNNING, wanted)).toEqual({
      ok: true,
      changes: [
        { path: 'virtualIps', before: '10.0.0.5/24', after: '10.0.0.5/24, 10.0.0.6/24' },
        { path: 'redirects', before: 'tcp 8443 8080 -> 3128', after: 'tcp 8080 -> 3128' },
      ],
    })
  })

  test.each([
    ['as it was', 'vrrp: {strict: true}', 'vrrp: {strict: true}'],
    ['as it becomes', '', 'vrrp: {strict: true}'],
    ['as it was until now', 'vrrp: {strict: true}', ''],
  ])('but other virtual IPs not with vrrp.strict, %s: nodes would not hear each other', (_when, before, after) => {
    const running = gatewayConfig(`virtualIps: [10.0.0.5]\n${before}`)
    const wanted = gatewayConfig(`virtualIps: [10.0.0.5, 10.0.0.6]\n${after}`)
    const plan = planReload(running, wanted)
    expect(plan).toMatchObject({ ok: false, refusals: [{ path: 'virtualIps' }] })
    expect(plan.ok ? '' : plan.refusals[0]!.reason).toMatch(/^with vrrp\.strict nodes discard .* on every node$/)
  })
})

test('ranges of ports are applied as well, and told apart', () => {
  const wanted = gatewayConfig(`virtualIps: [10.0.0.5]
directorPriority: 99
redirects: [{originalPorts: [8443, 8080], proxyPort: 3128}, {originalPorts: [50000-50100]}]`)
  expect(planReload(RUNNING, wanted)).toEqual({
    ok: true,
    changes: [{ path: 'redirects (ranges)', before: 'none', after: '50000-50100' }],
  })
})
