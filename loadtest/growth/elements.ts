/** Elements in the tables of kernel mode. */
import { runOn } from '../../runtime/lab/testbed/topology.ts'
import { countElements } from '../chaos/usage.ts'

interface Listed {
  readonly nftables?: readonly Readonly<
    Record<string, { readonly family: string; readonly table: string; readonly name: string }>
  >[]
}

/** Of a host. The pins are counted by the gateway's metrics: a million of them are not to be listed as text. */
export function elementsOf(host: string, metrics: string): number {
  const { nftables = [] } = JSON.parse(runOn(host, 'nft', ['-j', '-t', 'list', 'ruleset'])) as Listed
  const sets = nftables.flatMap((item) =>
    (['set', 'map'] as const).flatMap((kind) => (item[kind] === undefined ? [] : [{ kind, ...item[kind] }])),
  )
  const listed = sets.filter(({ name }) => !/^pins[46]$/.test(name))
  const count = listed.reduce((sum, { kind, family, table, name }) => {
    return sum + countElements(runOn(host, 'nft', ['-j', 'list', kind, family, table, name]))
  }, 0)
  return count + pinsIn(metrics)
}

/** Clients that the kernel remembers, of both families. */
const pinsIn = (metrics: string): number =>
  [...metrics.matchAll(/^proxyha_kernel_pins\{family="IPv[46]"\} (\d+)$/gm)].reduce(
    (sum, [, pins]) => sum + Number(pins),
    0,
  )
