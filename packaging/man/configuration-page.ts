import { type Edition, item, page, paragraph, section, title, verbatim } from './roff.ts'

/** What is used of a JSON schema. */
export interface SchemaNode {
  readonly description?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly SchemaNode[]
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
}

const SMALLEST = `interface: eth0
directorPriority: 99
virtualIps: [10.10.74.74/24]
redirects:
  - { originalPorts: [8080], proxyPort: 3128 }
cluster: { keyFile: /etc/proxyha/cluster.key }`

/** gateway.yaml(5), from the descriptions of the schema. */
export function configurationPage(schema: SchemaNode, edition: Edition): string {
  return page(
    title('gateway.yaml', 5, edition),
    section('NAME', 'gateway.yaml \\- the configuration of a proxyha gateway'),
    section('SYNOPSIS', '.I /etc/proxyha/gateway.yaml'),
    section(
      'DESCRIPTION',
      paragraph(
        'One YAML file for each gateway, the same on all but for name, managementIp and directorPriority. Only virtualIps (or instances) and redirects are required. Durations carry their unit: 500ms, 1s, 2m, 1h.',
      ),
      paragraph('"proxyha check-config" tells every mistake with its path. "proxyha reload" goes by a changed file.'),
    ),
    section('SETTINGS', ...settings(schema, '')),
    section('EXAMPLES', verbatim(SMALLEST.split('\n'))),
    section('SEE ALSO', '.BR proxyha (8)'),
  )
}

/** A path as it is written in messages: `redirects[].check.url`. */
function settings(node: SchemaNode, prefix: string): readonly string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const path = `${prefix}${key}`
    const isRequired = node.required?.includes(key) === true
    const isList = child.items?.properties !== undefined
    return [
      item(path, meaningOf(child, isRequired)),
      ...settings(child, `${path}.`),
      ...(isList ? settings(child.items!, `${path}[].`) : []),
    ]
  })
}

function meaningOf(node: SchemaNode, isRequired: boolean): string {
  const values = valuesOf(node)
  const isWhole = node.properties !== undefined
  const notes = [
    ...(isRequired ? ['Required.'] : []),
    ...(values === '' ? [] : [`Values: ${values}.`]),
    ...(isWhole || node.default === undefined ? [] : [`Default: ${valueText(node.default)}.`]),
  ]
  return [node.description ?? '', ...notes].filter(Boolean).join(' ')
}

function valuesOf({ enum: words, anyOf, minimum, maximum, type }: SchemaNode): string {
  if (words !== undefined) return words.map(String).join(', ')
  if (anyOf !== undefined) return anyOf.map(valuesOf).filter(Boolean).join(', ')
  if (minimum !== undefined && maximum !== undefined) return `${minimum}..${maximum}`
  return type === 'boolean' ? 'true, false' : ''
}

const valueText = (value: unknown): string =>
  Array.isArray(value) ? (value.length === 0 ? 'none' : value.join(', ')) : String(value)
