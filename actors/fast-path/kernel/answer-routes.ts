import type { Netlink } from '../../../runtime/ports/netlink/netlink.ts'
import type { FastPathSettings } from '../state.ts'

type Settings = Pick<FastPathSettings, 'interfaceName' | 'answerRoutes'>

/** Answers go straight to the clients of a subnet that this node has no address in. Behind every route of the operator's own. */
export function putAnswerRoutes(netlink: Netlink, interfaceIndex: number, { answerRoutes = [] }: Settings): void {
  // What is refused now, as the link is down, is put with the next look.
  for (const subnet of answerRoutes) netlink.putRoute({ interfaceIndex, ...subnet })
}

export function removeAnswerRoutes(netlink: Netlink, { interfaceName, answerRoutes = [] }: Settings): void {
  if (answerRoutes.length === 0) return
  const device = netlink.interfaceByName(interfaceName)
  if (!device.ok) return
  for (const subnet of answerRoutes) netlink.removeRoute({ interfaceIndex: device.value.index, ...subnet })
}
