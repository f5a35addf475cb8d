import { isIPv6 } from 'node:net'

/** Our own table, in the family `ip` and, for IPv6 addresses, `ip6`. */
const TABLE = 'proxyha'
const FAMILIES = ['ip', 'ip6'] as const

/** What is taken to another port before it reaches this host's sockets. */
export interface Capture {
  /** A virtual IP. */
  readonly address: string
  /** What clients connect to, and what a proxy on the wildcard address owns. */
  readonly originalPort: number
  /** Where the forwarders listen instead. */
  readonly listenPort: number
}

/**
 * The nft script that takes packets for `address:originalPort` to `listenPort` on this host, and what is sent from there
 * back to where it seems to come from; the way that lets the forwarders have a port of the virtual IP while a proxy
 * owns it on 0.0.0.0. It replaces what an earlier script made, in one transaction, and touches no other table.
 *
 * Ports are rewritten packet by packet, without connection tracking: that cost a third of the connection rate. `raw`
 * comes before conntrack, so `notrack` keeps these connections out of it even where other rules load it.
 * The host's own connections to the virtual IP pass the output hook, loopback and the prerouting hook: hence the
 * second rule of each chain, which keeps their other half untracked.
 */
export function captureScript(captures: readonly Capture[]): string {
  const families = FAMILIES.map((family) => {
    const ofFamily = captures.filter((capture) => isIPv6(capture.address) === (family === 'ip6'))
    return ofFamily.length > 0 ? captureTable(family, ofFamily) : ''
  })
  return removeCaptureScript() + families.join('')
}

/** Addresses as one expression: a rule for each port, however many addresses there are, since every packet is tried by all rules. */
function byPort(captures: readonly Capture[]): readonly Capture[] {
  const groups = Map.groupBy(captures, ({ originalPort, listenPort }) => `${originalPort} ${listenPort}`)
  return [...groups.values()].map((group) => {
    const addresses = group.map(({ address }) => address)
    const [only = ''] = addresses
    return { ...group[0]!, address: addresses.length === 1 ? only : `{ ${addresses.join(', ')} }` }
  })
}

function captureTable(family: (typeof FAMILIES)[number], all: readonly Capture[]): string {
  const captures = byPort(all)
  const prerouting = captures.flatMap(({ address, originalPort, listenPort }) => [
    `${family} daddr ${address} tcp dport ${originalPort} notrack tcp dport set ${listenPort}`,
    `${family} saddr ${address} tcp sport ${originalPort} notrack`,
  ])
  const output = captures.flatMap(({ address, originalPort, listenPort }) => [
    `${family} saddr ${address} tcp sport ${listenPort} notrack tcp sport set ${originalPort}`,
    `${family} daddr ${address} tcp dport ${originalPort} notrack`,
  ])
  return `table ${family} ${TABLE} {
  chain capture {
    type filter hook prerouting priority raw; policy accept;
${prerouting.map((rule) => `    ${rule}\n`).join('')}  }
  chain restore {
    type filter hook output priority raw; policy accept;
${output.map((rule) => `    ${rule}\n`).join('')}  }
}
`
}

/** The nft script that undoes `captureScript`; applied twice, or with nothing to undo, it does nothing. */
export function removeCaptureScript(): string {
  // `delete` of a table that is not there fails the transaction, `destroy` needs nft 1.0.7: so it is made first.
  return FAMILIES.map((family) => `add table ${family} ${TABLE}\ndelete table ${family} ${TABLE}\n`).join('')
}
