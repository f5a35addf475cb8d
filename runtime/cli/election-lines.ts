import type { VrrpStatus } from '../../actors/elector/messages.ts'
import { discardedAdverts } from '../../actors/inspector/doctor/discarded-adverts.ts'
import type { GatewayStatus, InstanceStatus } from '../../actors/inspector/messages.ts'
import { titleOfAddress } from '../terminal/group-view.ts'
import { fold, type Look, printable } from '../terminal/look.ts'
import { type Column, formatTable } from '../terminal/table.ts'

/** How the election stands: two lines about the one virtual router, or a table of several. */
export function electionLines({ instances, vrrp, nodes }: GatewayStatus, look: Look): readonly string[] {
  if (instances.length > 1) return [...formatTable(INSTANCE_COLUMNS, instances, look), '']
  const times = `${vrrp.transitions} ${vrrp.transitions === 1 ? 'transition' : 'transitions'}`
  const what = `${vrrp.state}, VRID ${vrrp.virtualRouterId}, priority ${priorityOf(vrrp)}`
  const master =
    vrrp.masterIp === null
      ? 'not known'
      : `${titleOfAddress(vrrp.masterIp, nodes)}, priority ${vrrp.masterPriority ?? 'not known'}`
  return [
    ...fold(
      `${`VRRP ${vrrp.version}`.padEnd(VALUES_AT)}${what}, adverts every ${intervalOf(vrrp)}, ${times}`,
      look.columns,
      VALUES_AT,
    ),
    `Director    ${master}`,
  ]
}

/** Adverts that were discarded and should not have been, where there are any. */
export function discardedLines({ instances }: GatewayStatus, { columns }: Look): readonly string[] {
  return instances.flatMap((instance) => {
    const reasons = discardedAdverts(instance)
    const whose = instances.length > 1 ? ` of ${printable(instance.name)}` : ''
    if (reasons.length === 0) return []
    return fold(`Discarded   adverts${whose}, by reason: ${reasons.join(', ')}`, columns, VALUES_AT)
  })
}

/** Where the values of the lines stand that begin with a name. */
export const VALUES_AT = 12

const intervalOf = ({ advertIntervalMs }: VrrpStatus): string =>
  advertIntervalMs % 1000 === 0 ? `${advertIntervalMs / 1000} s` : `${advertIntervalMs} ms`

const priorityOf = ({ priority, effectivePriority }: VrrpStatus): string =>
  effectivePriority === priority ? `${priority}` : `${priority} (now ${effectivePriority})`

const INSTANCE_COLUMNS: readonly Column<InstanceStatus>[] = [
  { title: 'INSTANCE', maxWidth: 12, text: ({ name }) => name },
  { title: 'VRID', align: 'right', yields: 3, text: ({ virtualRouterId }) => String(virtualRouterId) },
  { title: 'STATE', text: ({ state }) => state },
  { title: 'PRIORITY', text: priorityOf },
  {
    title: 'DIRECTOR',
    maxWidth: 31,
    text: ({ masterIp, masterPriority }) =>
      masterIp === null ? 'not known' : `${masterIp} (${masterPriority ?? '?'})`,
  },
  { title: 'ADVERTS', yields: 2, text: intervalOf },
  {
    title: 'HELD',
    text: ({ virtualIps }) => `${virtualIps.filter(({ held }) => held).length} of ${virtualIps.length}`,
  },
  { title: 'CHANGES', align: 'right', yields: 1, text: ({ transitions }) => String(transitions) },
]
