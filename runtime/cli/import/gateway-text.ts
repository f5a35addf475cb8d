/** The configuration that comes of a draft, as text. */
import { Document, isMap, isScalar, isSeq, visit } from 'yaml'
import type { Draft, DraftInstance, DraftRedirect } from './draft.ts'

/** Without what was not found, so that it has its default. */
export function mappingOf(draft: Draft): Readonly<Record<string, unknown>> {
  const { name, managementIp, ...settings } = draft.settings
  const [first, ...others] = draft.instances
  const interfaceName = first?.interfaceName ?? draft.defaultInterface
  return {
    ...(name === undefined ? {} : { name }),
    ...(interfaceName === undefined ? {} : { interface: interfaceName }),
    ...(managementIp === undefined ? {} : { managementIp }),
    ...(first === undefined ? {} : others.length === 0 ? election(first) : { instances: draft.instances.map(named) }),
    ...(draft.redirects.length === 0 ? {} : { redirects: redirectsOf(draft.redirects) }),
    ...settings,
  }
}

function election({ directorPriority, virtualRouterId, virtualIps, version, vrrp }: DraftInstance) {
  const own = { ...(version === 3 ? { version } : {}), ...vrrp }
  return {
    ...(directorPriority === undefined ? {} : { directorPriority }),
    virtualRouterId,
    virtualIps,
    ...(Object.keys(own).length === 0 ? {} : { vrrp: own }),
  }
}

/** An instance may have names that ours have not. */
function named(instance: DraftInstance) {
  const isName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/.test(instance.name)
  return { ...(isName ? { name: instance.name } : {}), ...election(instance) }
}

function redirectsOf(redirects: readonly DraftRedirect[]) {
  const groups = Map.groupBy(redirects, ({ protocol, proxyPort, proxyProtocol }) =>
    [protocol, proxyPort, proxyProtocol].join(' '),
  )
  return [...groups.values()].map((group) => {
    const { protocol, proxyPort, proxyProtocol } = group[0]!
    return {
      ...(protocol === undefined ? {} : { protocol }),
      originalPorts: group.map(({ originalPort }) => originalPort),
      proxyPort,
      ...(proxyProtocol === undefined ? {} : { proxyProtocol }),
    }
  })
}

/** With a word on what is to be done; `from`: the files that were imported. */
export function importedText(mapping: Readonly<Record<string, unknown>>, from: readonly string[]): string {
  const document = new Document(mapping)
  document.commentBefore = [
    ` From ${from.join(' and ')}, by "proxyha import", which lists what has no equivalent.`,
    ' Check it: proxyha check-config. Every setting: config/gateway.example.yaml',
  ].join('\n')
  visit(document, {
    Seq(_, node) {
      if (node.items.every(isScalar)) node.flow = true
    },
    Map(_, node) {
      const isLeaf = node.items.every(({ value }) => isScalar(value) || (isSeq(value) && value.items.every(isScalar)))
      if (isLeaf && node !== document.contents && !isMap(node.items[0]?.value)) node.flow = true
    },
  })
  const key = [
    '# The secret of the group, the same on all nodes; made by: openssl rand -hex 32 > /etc/proxyha/cluster.key',
    '# cluster: { keyFile: /etc/proxyha/cluster.key }',
  ]
  // Lists without the spaces that mappings have.
  const text = document.toString({ lineWidth: 0 }).replaceAll(/\[ ([^[\]]*) \]/g, '[$1]')
  return `${text}${key.join('\n')}\n`
}
