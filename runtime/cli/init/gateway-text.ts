/** The text of a gateway's first configuration. */
import { type Answers, needsVersion3, redirectEntries } from './answers.ts'

/** A word that YAML takes for text, or the same in quotes. */
const yamlText = (text: string): string =>
  /^[/A-Za-z][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text)

/** Short and commented; `keyFile` is where the key of the group is. */
export function gatewayText(answers: Answers, keyFile: string): string {
  const { name, interfaceName, directorPriority, virtualRouterId, virtualIps } = answers
  const lines = [
    '# One gateway of a group, as "proxyha init" wrote it. After a change: proxyha check-config, then proxyha reload.',
    '# What is not here has its default; config/gateway.example.yaml shows every setting.',
    '',
    "# This node's own. The node with the highest directorPriority is director: another one on each.",
    ...(name === undefined ? ['# name: the hostname, unless it is said here'] : [`name: ${yamlText(name)}`]),
    `interface: ${yamlText(interfaceName)}`,
    `directorPriority: ${directorPriority}`,
    '',
    '# The same on all nodes.',
    `virtualRouterId: ${virtualRouterId}`,
    'virtualIps:',
    ...virtualIps.map((written) => `  - ${written.includes(':') ? JSON.stringify(written) : written}`),
    'redirects: # what clients are pointed to, and where the proxy of each node listens, unbound',
    ...redirectEntries(answers.redirects).map(
      ({ originalPorts, proxyPort }) => `  - { originalPorts: [${originalPorts.join(', ')}], proxyPort: ${proxyPort} }`,
    ),
    ...(needsVersion3(answers) ? ['vrrp:', '  version: 3 # IPv6 needs it'] : []),
    'cluster:',
    `  keyFile: ${yamlText(keyFile)} # the secret of the group`,
  ]
  return `${lines.join('\n')}\n`
}
