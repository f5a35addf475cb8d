import type { VrrpStatus } from '../../actors/elector/messages.ts'
import type { GatewayStatus, InstanceStatus } from '../../actors/inspector/messages.ts'
import { discardedAdverts } from './doctor/discarded-adverts.ts'
import { type Column, formatTable, type Paint, printable } from './table.ts'

/** How the election stands: two lines about the one virtual router, or a table of several. */
export function electionLines({ instances, vrrp }: GatewayStatus, paint: Paint): readonly string[] {
  if (instances.length > 1) return [...formatTable(INSTANCE_COLUMNS, instances, paint), '']
  const times = `${vrrp.transitions} ${vrrp.transitions === 1 ? 'transition' : 'transitions'}`
  const what = `${vrrp.state}, version ${vrrp.version}, VRID ${vrrp.virtualRouterId}, priority ${priorityOf(vrrp)}`
  const master =
    vrrp.masterIp === null ? 'not known' : `${vrrp.masterIp} (priority ${vrrp.masterPriority ?? 'not known'})`
  return [`VRRP        ${what}, adverts every ${intervalOf(vrrp)}, ${times}`, `Director    ${master}`]
}

/** Adverts that were discarded and should not have been, where there are any. */
export function discardedLines({ instances }: GatewayStatus): readonly string[] {
  return instances.flatMap((instance) => {
    const reasons = discardedAdverts(instance)
    const whose = instances.length > 1 ? ` of ${printable(instance.name)}` : ''
    return reasons.length === 0 ? [] : [`Discarded   adverts${whose}, by reason: ${reasons.join(', ')}`]
  })
}

const intervalOf = ({ advertIntervalMs }: VrrpStatus): string =>
  advertIntervalMs % 1000 === 0 ? `${advertIntervalMs / 1000} s` : `${advertIntervalMs} ms`

const priorityOf = ({ priority, effectivePriority }: VrrpStatus): string =>
  effectivePriority === priority ? `${priority}` : `${priority} (now ${effectivePriority})`

const INSTANCE_COLUMNS: readonly Column<InstanceStatus>[] = [
  { title: 'INSTANCE', maxWidth: 12, text: ({ name }) => name },
  { title: 'VRID', align: 'right', text: ({ virtualRouterId }) => String(virtualRouterId) },
  { title: 'STATE', text: ({ state }) => state },
  { title: 'PRIORITY', text: priorityOf },
  {
    title: 'DIRECTOR',
    maxWidth: 31,
    text: ({ masterIp, masterPriority }) =>
      masterIp === null ? 'not known' : `${masterIp} (${masterPriority ?? '?'})`,
  },
  { title: 'ADVERTS', text: intervalOf },
  {
    title: 'HELD',
    text: ({ virtualIps }) => `${virtualIps.filter(({ held }) => held).length} of ${virtualIps.length}`,
  },
  { title: 'CHANGES', align: 'right', text: ({ transitions }) => String(transitions) },
]
