/** Beacons as gateways send them, of every kind. */
import { readFileSync } from 'node:fs'
import { type BeaconType, openBeacon } from '../../../runtime/wire/beacon/beacon.ts'
import { type BeaconBody, packBeaconBody } from '../../../runtime/wire/beacon/body.ts'
import type { BeaconNode } from '../../../runtime/wire/beacon/node.ts'

export const KEY = 'secret'
export const VRID = 51

type Recorded = Readonly<Record<string, { readonly packets: readonly string[] }>>
const file = new URL('../../runtime/wire/beacon/recorded/version-5.json', import.meta.url)

/** Whole packets with an HMAC by `KEY`. */
export const recordedPackets: readonly Uint8Array[] = Object.values(
  JSON.parse(readFileSync(file, 'utf8')) as Recorded,
).flatMap(({ packets }) => packets.map((packet) => Buffer.from(packet, 'hex')))

const node: BeaconNode = {
  name: 'jupiter',
  mac: '02:00:00:00:00:46',
  monitor: 'failure',
  draining: true,
  cpu: 0.25,
  memory: 0.5,
  pressure: 0.125,
  activeConnections: 1234,
  capacity: 250,
  agent: 0.75,
  failedPorts: [3128, 443],
  forwarding: 'kernel',
  drained: true,
  maint: 'due',
  reads: 5,
  traffic: { connections: 7, failed: 1, bytesIn: 2 ** 40, bytesOut: Number.MAX_SAFE_INTEGER },
  priorities: new Map([
    [51, 99],
    [256 + 51, 255],
  ]),
}
const said = {
  generation: 7,
  leaving: false,
  settingsDigest: '0123456789abcdef',
  settings: { virtualIps: '10.10.74.74/24' },
  node,
}
const entry = {
  address: '10.10.74.86',
  ageMs: 40,
  stale: true,
  left: false,
  settingsDiffer: true,
  node: { ...node, pressure: null, agent: null, traffic: null },
}
const connection = { clientPort: 40_000, virtualIp: '10.10.74.74', proxyPort: 3128 }

const made: readonly BeaconBody[] = [
  {
    ...said,
    type: 'hello',
    leads: [51, 307],
    established: true,
    roster: [entry, { ...entry, address: '10.10.74.87' }],
  },
  { ...said, type: 'report', missed: [entry] },
  {
    type: 'assignment',
    generation: 9,
    nodes: ['10.10.74.70', '10.10.74.86'],
    slots: Uint8Array.from({ length: 4096 }, (_, slot) => (slot === 0 ? 255 : slot % 2)),
    tied: [
      { client: '10.10.74.201', node: '10.10.74.70' },
      { client: 'fd00:74::201', node: '10.10.74.86' },
    ],
  },
  {
    type: 'clients',
    all: true,
    generation: 0xffff_ffff,
    clients: [
      { address: '10.10.74.201', silentMs: 240, connections: [connection] },
      { address: 'fd00:74::201', silentMs: 0, connections: [{ ...connection, virtualIp: 'fd00:74::74' }] },
    ],
  },
  { type: 'order', node: '10.10.74.86', draining: true, maintMs: 30_000 },
  { type: 'forget', node: '10.10.74.86' },
  {
    type: 'holders',
    all: true,
    holders: [
      { client: '10.10.74.201', connections: 7 },
      { client: 'fd00:74::201', connections: 1 },
    ],
  },
]

export const TYPES: readonly BeaconType[] = made.map(({ type }) => type)
/** A body for each type. */
export const bodies: readonly { readonly type: BeaconType; readonly bytes: Uint8Array }[] = [
  ...made.map((body) => ({ type: body.type, bytes: packBeaconBody(body) })),
  ...recordedPackets.flatMap((packet) => {
    const opened = openBeacon(packet, VRID, [KEY])
    return opened.ok && opened.fragment.count === 1 ? [{ type: opened.fragment.type, bytes: opened.fragment.body }] : []
  }),
]
