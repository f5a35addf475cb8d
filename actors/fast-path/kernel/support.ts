import type { Nft } from '../../../runtime/ports/nft/nft.ts'
import { type Result, refused } from '../../../runtime/ports/result.ts'
import { fullRuleset } from '../ruleset/ruleset.ts'
import type { Ruleset } from '../ruleset/ruleset-types.ts'

/**
 * Whether this host can forward in the kernel, by having it check the very ruleset of a director: nothing is applied. The
 * refusal says what is lacking: nft (`ENOENT`), CAP_NET_ADMIN (`EPERM`), the egress hook, or what else the kernel did not take.
 */
export async function probeKernelMode(nft: Nft, ruleset: Ruleset): Promise<Result> {
  const checked = await nft.check(fullRuleset(ruleset))
  if (checked.ok || checked.code !== 'EREJECTED') return checked
  const { interfaceName } = ruleset
  const ingress = await nft.check(hookOnly('ingress', interfaceName))
  if (!ingress.ok) {
    const advice = 'the kernel needs CONFIG_NETFILTER_INGRESS and nf_tables with the netdev family'
    return refused('ENOTSUP', `${interfaceName} takes no netdev ingress chain: ${ingress.reason}; ${advice}`)
  }
  const egress = await nft.check(hookOnly('egress', interfaceName))
  if (!egress.ok) {
    const advice = 'it needs Linux 5.16 with CONFIG_NETFILTER_EGRESS, and nft 1.0.1'
    return refused('ENOTSUP', `${interfaceName} takes no netdev egress chain: ${egress.reason}; ${advice}`)
  }
  return refused('ENOTSUP', `the kernel does not take the ruleset: ${checked.reason}`)
}

/** In a table that nobody has: the check changes nothing, and shall not depend on what is there. */
function hookOnly(hook: 'ingress' | 'egress', interfaceName: string): string {
  const chain = `type filter hook ${hook} device "${interfaceName}" priority 0; policy accept;`
  return `table netdev proxyha-probe {\n  chain ${hook} {\n    ${chain}\n  }\n}\n`
}
