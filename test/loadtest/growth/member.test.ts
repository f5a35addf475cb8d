import { beforeEach, expect, it } from 'vitest'
import { memberPlan } from '../../../loadtest/growth/network.ts'
import { Swarm } from '../../../loadtest/growth/swarm/member.ts'
import { parseAudience } from '../../../runtime/wire/beacon/audience.ts'
import { BEACON_BROADCAST, openBeacon, sealBeacon } from '../../../runtime/wire/beacon/beacon.ts'
import { type BeaconBody, packBeaconBody, parseBeaconBody } from '../../../runtime/wire/beacon/body.ts'
import { beaconNodeOf } from '../../runtime/wire/beacon/beacon-node.ts'

const KEY = 'a key of sixteen characters'
const VRID = 51
const DIRECTOR = '10.40.0.11'
const EPOCH = '00000000000000d1'
const plans = [0, 1, 2].map(memberPlan)
const node = beaconNodeOf({ priorities: new Map([[VRID, 250]]) })
const hello: BeaconBody = {
  type: 'hello',
  generation: 3,
  leaving: false,
  settingsDigest: '0123456789abcdef',
  settings: {},
  node,
  leads: [VRID],
  established: true,
  roster: [],
}

let swarm: Swarm
let sequence: number
beforeEach(() => {
  sequence = 10
  swarm = new Swarm(
    { mode: 'kernel', key: KEY, virtualRouterId: VRID },
    plans,
    ['1', '2', '3'].map((n) => n.repeat(16)),
  )
})

/** The director says something, and what the members say then, as a gateway reads it. */
function say(body: BeaconBody, destination = BEACON_BROADCAST, member = 0, key = KEY) {
  const sender = { address: DIRECTOR, virtualRouterId: VRID, epoch: EPOCH, key, version: 5 }
  const packets = sealBeacon(body.type, packBeaconBody(body), sequence, sender, { destination, audience: new Map() })
  sequence += packets.length
  return packets.flatMap((packet) => swarm.hear(member, DIRECTOR, destination, packet)).map(read)
}

function read({ destination, payload }: { readonly destination: string; readonly payload: Uint8Array }) {
  const opened = openBeacon(payload, VRID, [KEY])
  if (!opened.ok) throw new Error(opened.reason)
  const { fragment } = opened
  return {
    destination,
    address: fragment.address,
    sequence: fragment.sequence,
    names: parseAudience(fragment.audience),
    body: parseBeaconBody(fragment.type, fragment.body),
  }
}

it('each answers a hello for all by a report that names its sender as it is now', () => {
  const reports = say(hello)
  expect(reports.map(({ address }) => address)).toEqual(plans.map(({ address }) => address))
  for (const report of reports) {
    expect(report).toMatchObject({
      destination: DIRECTOR,
      body: { type: 'report', settingsDigest: '0123456789abcdef' },
    })
    expect(report.names).toEqual(new Map([[DIRECTOR, { epoch: EPOCH, sequence: 10 }]]))
  }
})

it('of a hello for all the first member hears for everybody; one for a member is answered by that one', () => {
  expect(say(hello, BEACON_BROADCAST, 1)).toEqual([])
  expect(say(hello, plans[2]!.address, 2).map(({ address }) => address)).toEqual([plans[2]!.address])
})

it('the sequence of each rises', () => {
  const [first] = say(hello)
  const [second] = say(hello)
  expect(second!.sequence).toBe(first!.sequence + 1)
})

it('an order to drain is obeyed, and told at once', () => {
  say(hello)
  const order = { type: 'order', node: plans[1]!.address, draining: true, maintMs: null } as const
  expect(say(order, plans[1]!.address, 1)).toMatchObject([{ body: { node: { draining: true, name: 'sim2' } } }])
  expect(say(hello).map(({ body }) => body?.type === 'report' && body.node.draining)).toEqual([false, true, false])
})

it('a report has the generation of the assignment that was heard last', () => {
  const slots = new Uint8Array(4096)
  say({ type: 'assignment', generation: 7, nodes: [DIRECTOR], slots, tied: [] })
  expect(say(hello)).toMatchObject([7, 7, 7].map((generation) => ({ body: { generation } })))
  expect(swarm.sayClients().map(read)).toMatchObject(
    plans.map(({ address }) => ({ address, body: { type: 'clients', all: false, generation: 7, clients: [] } })),
  )
})

it('what is by another key is not heard', () => {
  expect(say(hello, BEACON_BROADCAST, 0, 'another key altogether')).toEqual([])
})
