import { expect, test } from 'vitest'
import { encodeAttribute, encodeMessage } from '../../../../../runtime/ports/netlink/linux/netlink-messages.ts'
import { eventsOf, groupsOf } from '../../../../../runtime/ports/netlink/linux/rtnetlink-events.ts'
import { RTM_DELROUTE, RTM_NEWROUTE } from '../../../../../runtime/ports/netlink/linux/rtnetlink-routes.ts'

const MAIN = 254
const index = Buffer.from([2, 0, 0, 0])

/** An IPv4 unicast route through interface 2. */
function route(type: number, destinationLength: number, table = MAIN): Buffer {
  const header = Buffer.from([2, destinationLength, 0, 0, table, 3, 0, 1, 0, 0, 0, 0])
  const gateway = encodeAttribute(5, Uint8Array.of(10, 0, 0, 254))
  return encodeMessage(type, 0, 0, Buffer.concat([header, encodeAttribute(4, index), gateway]))
}

test('a default route of the main table is an event; every other route is none', () => {
  const found = { type: 'defaultRoute', interfaceIndex: 2 }
  expect(eventsOf(route(RTM_NEWROUTE, 0))).toEqual([{ ...found, present: true }])
  expect(eventsOf(route(RTM_DELROUTE, 0))).toEqual([{ ...found, present: false }])
  expect(eventsOf(route(RTM_NEWROUTE, 24))).toEqual([])
  expect(eventsOf(route(RTM_NEWROUTE, 0, 100))).toEqual([])
})

test('several messages in one datagram are several events, in order', () => {
  const both = Buffer.concat([route(RTM_DELROUTE, 0), route(RTM_NEWROUTE, 0)])
  expect(eventsOf(both)).toMatchObject([{ present: false }, { present: true }])
})

test('a datagram that is cut off anywhere never throws, and counts as lost events', () => {
  const whole = route(RTM_NEWROUTE, 0)
  for (let length = 1; length < whole.length; length++) {
    expect(eventsOf(whole.subarray(0, length))).toEqual([{ type: 'overrun' }])
  }
})

test('routes, of which a host may have many, are listened to only where they matter', () => {
  const [without, withRoutes] = [groupsOf({ defaultRoutes: false }), groupsOf({ defaultRoutes: true })]
  expect(withRoutes & ~without).toBe(0x40)
})
