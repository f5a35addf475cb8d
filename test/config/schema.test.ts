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

test('the example loads and resolves', () => {
  const loaded = parseConfig(read('gateway.example.yaml'))
  expect(loaded).toMatchObject({ ok: true })
  if (!loaded.ok) return
  const interfaceAddresses = [{ family: 4, address: '10.10.74.70', prefixLength: 24, validLifetimeS: null }] as const
  expect(resolveConfig(loaded.value, { hostname: 'x', cores: 1, interfaceAddresses })).toMatchObject({
    ok: true,
    value: { name: 'jupiter', managementIp: '10.10.74.70' },
  })
})

test('the example shows every key that there is', () => {
  const shown = new Set(valuePaths(parse(read('gateway.example.yaml'))))
  const known = keyPaths(gatewayJsonSchema())
  expect(known.length).toBeGreaterThan(30)
  // keyFile excludes key, and a URL a command; the example names them in comments, as it does the agent.
  const hidden = known.filter((path) => !shown.has(path) && !/^(instances|agent)(\.|$)/.test(path))
  expect(hidden).toEqual(['cluster.keyFile'])
  expect(read('gateway.example.yaml')).toContain('keyFile')
})

test('the example shows instances in a comment, which loads in place of the short form', () => {
  const example = read('gateway.example.yaml')
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
  const example = read('gateway.example.yaml')
  const shown = /^# agent:\n(# {3}.*\n)+/m.exec(example)?.[0].replaceAll(/^# /gm, '') ?? ''
  const paths = new Set(valuePaths(parse(shown)))
  const known = keyPaths(gatewayJsonSchema()).filter((path) => /^agent\./.test(path))
  expect(known.filter((path) => !paths.has(path))).toEqual(['agent.url'])
  expect(shown).toContain('or url: ')
  expect(parseConfig(stringify({ ...parse(example), ...parse(shown) }))).toMatchObject({ ok: true })
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
