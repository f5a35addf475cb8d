import type { NetworkInterface } from '../../runtime/ports/netlink/netlink.ts'
import { stepAnnouncer } from './machine.ts'
import { type AnnouncerEvent, type AnnouncerSettings, initialAnnouncer } from './state.ts'

/** Takes a machine that is thrown away through a takeover and its end, for the same reason as the elector does. */
export function rehearseTakeover(settings: AnnouncerSettings): void {
  let state = initialAnnouncer(settings)
  const feed = (event: AnnouncerEvent): void => {
    state = stepAnnouncer(state, event, 0).state
  }
  const device: NetworkInterface = { ...ANY_DEVICE, name: settings.interfaceName }
  feed({ type: 'hold', leaseUntilMs: 1000 })
  feed({ type: 'interfaceRead', result: { ok: true, value: device } })
  feed({ type: 'addressesPut', refusals: [] })
  feed({ type: 'garpSent', frames: 1 })
  feed({ type: 'renew', leaseUntilMs: 2000 })
  feed({ type: 'release' })
}

const ANY_DEVICE = { index: 1, mac: '02:00:00:00:00:01', mtu: 1500, up: true, addresses: [] } as const
