import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseConfig } from '../../config/load.ts'
import { resolveConfig } from '../../config/resolve.ts'
import { gatewayJsonSchema } from '../../config/schema.ts'

const read = (name: string) => readFileSync(new URL(`../../config/${name}`, import.meta.url), 'utf8')

/** Every path of keys that the schema knows, but those which exclude another that the example shows. */
function keyPaths(node: unknown, prefix = ''): readonly string[] {
  const { properties, items } = node as { properties?: Record<string, unknown>; items?: unknown }
  if (items !== undefined) return keyPaths(items, prefix)
  return Object.entries(properties ?? {}).flatMap(([key, child]) => [
    `${prefix}${key}`,
    ...keyPaths(child, `${prefix}${key}.`),
  ])
}

/** The same of a value. */
function valuePaths(value: unknown, prefix = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuePaths(item, prefix))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) => [`${prefix}${key}`, ...valuePaths(child, `${prefix}${key}.`)])
}

test('gateway.schema.json is what schema.ts says; after a change run `npm run schema`', () => {
  expect(JSON.parse(read('gateway.schema.json'))).toEqual(JSON.parse(JSON.stringify(gatewayJsonSchema())))
})

const interfaceAddresses = [{ family: 4, address: '10.10.74.70', prefixLength: 24, validLifetimeS: null }] as const
const resolved = (file: unknown) => {
  const loaded = parseConfig(stringify(file))
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'))
  const config = resolveConfig(loaded.value, { hostname: 'x', cores: 3, interfaceAddresses })
  if (!config.ok) throw new Error(config.problems.join('\n'))
  return config.value
}

/** The example with secrets of one's own, as it asks for. */
const edited = (secrets = { key: 'a key of our own, long enough', token: 'a-token-of-our-own' }) =>
  read('gateway.example.yaml')
    .replace('replace this by a key of your own', secrets.key)
    .replace('replace this by a token of your own', secrets.token)

test('the example resolves to the defaults, but for the key and the token', () => {
  const example = parse(edited())
  const { virtualIps, redirects } = example
  const { cluster, inspector, ...shown } = resolved(example)
  const { cluster: _, inspector: __, ...defaults } = resolved({ virtualIps, redirects })
  expect(shown).toEqual(defaults)
  expect(shown.redirects).toEqual([
    { protocol: 'http', originalPorts: [9090], proxyPort: 9090, proxyProtocol: 'off', check: null },
    { protocol: 'https', originalPorts: [443, 8443], proxyPort: 3128, proxyProtocol: 'off', check: null },
  ])
  expect({ cluster, inspector }).toMatchObject({ inspector: { address: '127.0.0.1', port: 9253 } })
})

test.each([
  ['untouched', undefined, undefined, ['cluster.key', 'inspector.token']],
  ['with the token only', undefined, 'a-token-of-our-own', ['cluster.key']],
  ['with the key only', 'a key of our own, long enough', undefined, ['inspector.token']],
])('the example %s is refused by the names of its placeholders', (_title, key, token, names) => {
  const text = edited({
    key: key ?? 'replace this by a key of your own',
    token: token ?? 'replace this by a token of your own',
  })
  const loaded = parseConfig(text)
  const problem = 'is a placeholder, which everybody knows; make one of your own, e.g. from: openssl rand -hex 32'
  expect(loaded).toEqual({ ok: false, problems: names.map((name) => `${name}: ${problem}`) })
})

test('the example shows every key that there is', () => {
  const shown = new Set(valuePaths(parse(read('gateway.example.yaml'))))
  const known = keyPaths(gatewayJsonSchema())
  expect(known.length).toBeGreaterThan(30)
  // What excludes another key, or has another default than can be shown, is in comments.
  const hidden = known.filter((path) => !shown.has(path))
  const comments = read('gateway.example.yaml').replaceAll(/^[^#\n]*/gm, '')
  expect(hidden.filter((path) => !comments.includes(path.split('.').at(-1)!))).toEqual([])
  expect(hidden.filter((path) => !/^(instances|agent|redirects\.check)(\.|$)/.test(path)).toSorted()).toEqual([
    'cluster.keyFile',
    'cluster.keys',
    'control',
    'control.socket',
    'forwarders',
    'forwarders.count',
    'inspector.tokens',
    'inspector.tokens.role',
    'inspector.tokens.token',
    'inspector.tokens.tokenFile',
    'limits.connectionsPerClient',
    'logging.levels',
    'managementIp',
    'name',
    'notify',
    'notify.command',
    'notify.on',
    'notify.timeout',
    'notify.url',
    'track.scripts',
    'track.scripts.command',
    'track.scripts.fall',
    'track.scripts.fault',
    'track.scripts.interval',
    'track.scripts.name',
    'track.scripts.rise',
    'track.scripts.timeout',
    'track.scripts.weight',
    'vrrp.longestInterval',
  ])
})

test('the example shows instances in a comment, which loads in place of the short form', () => {
  const example = edited()
  const shown = /^# instances:\n(# {3}.*\n)+/m.exec(example)?.[0].replaceAll(/^# /gm, '') ?? ''
  const paths = new Set(valuePaths(parse(shown)))
  const known = keyPaths(gatewayJsonSchema()).filter((path) => /^instances(\.|$)/.test(path))
  // Which settings of vrrp an instance may have of its own, a line says; one of them is shown.
  expect(known.filter((path) => !paths.has(path) && !path.startsWith('instances.vrrp.'))).toEqual([])
  for (const path of known) expect(example).toContain(path.split('.').at(-1))
  const { directorPriority: _, virtualRouterId: __, virtualIps: ___, ...others } = parse(example)
  expect(parseConfig(stringify({ ...others, ...parse(shown) }))).toMatchObject({ ok: true })
})

test('the example shows an agent in a comment, which loads', () => {
  const example = edited()
  const shown = /^# agent:\n(# {3}.*\n)+/m.exec(example)?.[0].replaceAll(/^# /gm, '') ?? ''
  const paths = new Set(valuePaths(parse(shown)))
  const known = keyPaths(gatewayJsonSchema()).filter((path) => /^agent\./.test(path))
  expect(known.filter((path) => !paths.has(path))).toEqual(['agent.url'])
  expect(shown).toContain('or url: ')
  expect(parseConfig(stringify({ ...parse(example), ...parse(shown) }))).toMatchObject({ ok: true })
})

test('the example shows scripts in a comment, which load, the first with all defaults', () => {
  const example = edited()
  const shown = /^ {2}# scripts:\n( {2}# {3}.*\n)+/m.exec(example)?.[0].replaceAll(/^ {2}# /gm, '') ?? ''
  const { scripts } = parse(shown)
  const { name, command } = scripts[0]
  const { virtualIps, redirects, track } = parse(example)
  const [all, fewest] = [scripts[0], { name, command }].map(
    (script) => resolved({ virtualIps, redirects, track: { ...track, scripts: [script, scripts[1]] } }).track.scripts,
  )
  expect(all).toEqual(fewest)
  expect(all).toMatchObject([
    { name: 'disk', intervalMs: 1000, timeoutMs: 1000, rise: 1, fall: 1, effect: 'fault' },
    { name: 'uplink-is-well', command: ['/usr/local/bin/uplink-is-well'], effect: -20 },
  ])
})

test('the example shows a notifier in a comment, which loads, with all defaults', () => {
  const example = edited()
  const shown = /^# notify:\n(# {3}.*\n)+/m.exec(example)?.[0].replaceAll(/^# /gm, '') ?? ''
  const { notify } = parse(shown)
  const { virtualIps, redirects } = parse(example)
  const [all, fewest] = [notify, [{ command: notify[0].command }]].map(
    (notifiers) => resolved({ virtualIps, redirects, notify: notifiers }).notify,
  )
  expect(all).toEqual(fewest)
  expect(all).toMatchObject([{ command: ['/usr/local/bin/tell', '--loudly'], url: null, timeoutMs: 10_000 }])
  expect(all?.[0]?.on).toHaveLength(7)
})

test('every key has a description for editors', () => {
  const undescribed: string[] = []
  const visit = (node: unknown, path: string) => {
    const { properties, items } = node as { properties?: Record<string, { description?: string }>; items?: unknown }
    if (items !== undefined) visit(items, path)
    for (const [key, child] of Object.entries(properties ?? {})) {
      if (child.description === undefined) undescribed.push(`${path}${key}`)
      visit(child, `${path}${key}.`)
    }
  }
  visit(gatewayJsonSchema(), '')
  expect(undescribed).toEqual([])
})
