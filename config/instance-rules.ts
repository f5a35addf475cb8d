import { familyOf } from '../runtime/wire/ip-address-bytes.ts'
import { advertPacketBytes } from '../runtime/wire/vrrp.ts'
import { defaultName } from './instances.ts'
import { formatPath, type Problem } from './problems.ts'
import { fieldAt, listAt } from './raw.ts'
import { gatewaySchema } from './schema.ts'

type Raw = Readonly<Record<string, unknown>>
type Path = Problem['path']

/** What belongs to one instance, and so may not be beside a list of them. */
const SHORT_FORM = ['directorPriority', 'virtualRouterId', 'virtualIps'] as const

/** What every Ethernet carries in one packet. */
const ETHERNET_MTU = 1500

/** An instance as written; in the short form the file itself is one. */
interface Place {
  readonly path: Path
  readonly of: unknown
}

/** What each instance must be in the light of the others, of the `vrrp` of all, and of this node's own address. */
export function instanceProblems(raw: Raw, managementIp: string | undefined): readonly Problem[] {
  const listed = listAt(raw.instances).map((of, index): Place => ({ path: ['instances', index], of }))
  const all = raw.instances === undefined ? [{ path: [], of: raw }] : listed
  const virtual = new Set(all.flatMap(({ of }) => listAt(fieldAt(of, 'virtualIps'))).map(withoutPrefix))
  return [
    ...formProblems(raw),
    ...virtualIpProblems(all, managementIp),
    ...identityProblems(listed),
    ...all.flatMap((place) => familyProblems(place, raw)),
    ...all.flatMap(advertProblems),
    ...all.flatMap((place) => longestIntervalProblems(place, raw.vrrp)),
    ...intervalProblems({ path: [], of: raw }, undefined),
    ...peerProblems({ path: [], of: raw }, virtual),
    ...listed.flatMap((place) => [...intervalProblems(place, raw.vrrp), ...peerProblems(place, virtual)]),
  ]
}

const withoutPrefix = (written: unknown): string | undefined =>
  typeof written === 'string' ? written.split('/')[0] : undefined

/** Exactly one of the two forms. */
function formProblems(raw: Raw): readonly Problem[] {
  if (raw.instances === undefined) {
    if (raw.virtualIps !== undefined) return []
    return [{ path: ['virtualIps'], text: 'is missing; it must be a list of addresses such as [10.0.0.5/24]' }]
  }
  const text = 'cannot stand beside instances; write it in each of them'
  return SHORT_FORM.filter((key) => raw[key] !== undefined).map((key) => ({ path: [key], text }))
}

/** An address of a list of virtual IPs; undefined where it is wrong by itself. */
function addressOf(written: unknown): string | undefined {
  const parsed = gatewaySchema.shape.virtualIps.safeParse([written])
  return parsed.success ? parsed.data?.[0]?.address : undefined
}

function virtualIpProblems(instances: readonly Place[], managementIp: string | undefined): readonly Problem[] {
  const seen = new Map<string, string>()
  const problems: Problem[] = []
  for (const { path: instance, of } of instances) {
    for (const [index, written] of listAt(fieldAt(of, 'virtualIps')).entries()) {
      const address = addressOf(written)
      if (address === undefined) continue
      const path = [...instance, 'virtualIps', index]
      const first = seen.get(address)
      if (first !== undefined) problems.push({ path, text: `${address} is ${first} already; remove one` })
      else seen.set(address, formatPath(path))
      if (address === managementIp) {
        problems.push({ path, text: `${address} is this node's managementIp; a virtual IP must belong to no node` })
      }
    }
  }
  return problems
}

/** `family`: that of the first of its addresses which is one; undefined where none is. */
function familyFacts({ of }: Place) {
  const addresses = listAt(fieldAt(of, 'virtualIps')).flatMap((written) => addressOf(written) ?? [])
  return {
    ipv4: addresses.find((address) => familyOf(address) === 'ipv4'),
    ipv6: addresses.find((address) => familyOf(address) === 'ipv6'),
    family: addresses[0] === undefined ? undefined : familyOf(addresses[0]),
  }
}

/** Adverts are told apart by family and VRID, instances by their names. One that has both of another is told of the VRID. */
function identityProblems(listed: readonly Place[]): readonly Problem[] {
  const [identities, names] = [new Map<string, number>(), new Map<unknown, number>()]
  return listed.flatMap((place, index): readonly Problem[] => {
    const vrid = fieldAt(place.of, 'virtualRouterId')
    const { family } = familyFacts(place)
    if (typeof vrid !== 'number') return []
    const identity = `${family} ${vrid}`
    const [same, name] = [identities.get(identity), fieldAt(place.of, 'name') ?? defaultName(vrid)]
    if (family !== undefined && same !== undefined) {
      const text = `${vrid} is instances[${same}].virtualRouterId already; give each instance a VRID of its own`
      return [{ path: [...place.path, 'virtualRouterId'], text }]
    }
    const namesake = names.get(name)
    identities.set(identity, index)
    names.set(name, namesake ?? index)
    if (namesake === undefined) return []
    const text = `${name} is the name of instances[${namesake}] already; give each instance a name of its own`
    return [{ path: [...place.path, 'name'], text }]
  })
}

/** RFC 9568 §5.2.9: a virtual router is of one family. IPv6 came with version 3, and the peers that one can name are IPv4. */
function familyProblems(place: Place, raw: Raw): readonly Problem[] {
  const { ipv4, ipv6 } = familyFacts(place)
  if (ipv6 === undefined) return []
  const problems: Problem[] = []
  if (ipv4 !== undefined) {
    const text = `has IPv4 (${ipv4}) and IPv6 (${ipv6}); a virtual router has addresses of one family: make two instances of them`
    problems.push({ path: [...place.path, 'virtualIps'], text })
  }
  const own = fieldAt(place.of, 'vrrp')
  const version = versionOf(fieldAt(own, 'version') ?? fieldAt(raw.vrrp, 'version'))
  if (version === 2) {
    const text = `must be 3 for IPv6 (${ipv6}), is 2; set vrrp: { version: 3 }`
    problems.push({ path: [...place.path, 'vrrp', 'version'], text })
  }
  const peers = fieldAt(own, 'unicastPeers')
  const path = [...place.path, 'vrrp', 'unicastPeers']
  if (listAt(peers).length > 0) {
    problems.push({ path, text: `are for IPv4 only, and ${ipv6} is IPv6; remove them` })
  } else if (peers === undefined && listAt(fieldAt(raw.vrrp, 'unicastPeers')).length > 0) {
    problems.push({ path, text: `are those of vrrp, for IPv4 only, and ${ipv6} is IPv6; set unicastPeers: [] here` })
  }
  return problems
}

/** An advert that is longer than a packet would be cut in pieces or not be sent at all; 255 addresses of IPv4 always fit. */
function advertProblems(place: Place): readonly Problem[] {
  const count = listAt(fieldAt(place.of, 'virtualIps')).length
  if (familyFacts(place).family !== 'ipv6' || advertPacketBytes(3, 'ipv6', count) <= ETHERNET_MTU) return []
  const most = Array.from({ length: count }, (_, at) => at + 1).findLast(
    (fits) => advertPacketBytes(3, 'ipv6', fits) <= ETHERNET_MTU,
  )
  const text = `has ${count} IPv6 addresses, and an advert of ${ETHERNET_MTU} bytes carries ${most}; share them out over several instances`
  return [{ path: [...place.path, 'virtualIps'], text }]
}

function versionOf(written: unknown): 2 | 3 | undefined {
  const parsed = gatewaySchema.shape.vrrp.safeParse({ version: written })
  return parsed.success ? parsed.data.version : undefined
}

/**
 * v2 carries whole seconds in 8 bits (RFC 3768 §5.3.7), v3 centiseconds in 12 bits (RFC 9568 §5.2.7). What an instance
 * leaves as it is for `all` is reported there.
 */
function intervalProblems({ path: place, of }: Place, all: unknown): readonly Problem[] {
  const own = fieldAt(of, 'vrrp')
  const path = [...place, 'vrrp', 'advertInterval']
  const [ownInterval, ownVersion] = [fieldAt(own, 'advertInterval'), fieldAt(own, 'version')]
  if (place.length > 0 && ownInterval === undefined && ownVersion === undefined) return []
  const written = ownInterval ?? fieldAt(all, 'advertInterval')
  const vrrp = gatewaySchema.shape.vrrp.safeParse({
    version: ownVersion ?? fieldAt(all, 'version'),
    advertInterval: written,
  })
  if (!vrrp.success) return []
  const ms = vrrp.data.advertInterval
  if (vrrp.data.version === 2) {
    if (ms % 1000 === 0) return []
    const version = formatPath([...place, 'vrrp', 'version'])
    return [{ path, text: `must be whole seconds in VRRP version 2, is ${written}; round it, or set ${version} to 3` }]
  }
  if (ms > 40_950) return [{ path, text: `must be 10ms..40.95s in VRRP version 3, is ${written}` }]
  return ms % 10 === 0 ? [] : [{ path, text: `must be a multiple of 10ms in VRRP version 3, is ${written}` }]
}

/** The adverts of its own kind would be discarded. What an instance does not say, the `vrrp` of all says. */
function longestIntervalProblems({ path, of }: Place, all: unknown): readonly Problem[] {
  const written = (key: string): unknown => fieldAt(fieldAt(of, 'vrrp'), key) ?? fieldAt(all, key)
  const vrrp = gatewaySchema.shape.vrrp.safeParse({
    advertInterval: written('advertInterval'),
    longestInterval: written('longestInterval'),
  })
  if (!vrrp.success) return []
  const { advertInterval, longestInterval = advertInterval } = vrrp.data
  if (longestInterval >= advertInterval) return []
  const text = `must not be shorter than advertInterval, which is ${advertInterval} ms: nobody of the group would be heard`
  return [{ path: [...path, 'vrrp', 'longestInterval'], text }]
}

function peerProblems({ path: place, of }: Place, virtual: ReadonlySet<string | undefined>): readonly Problem[] {
  const peers = listAt(fieldAt(fieldAt(of, 'vrrp'), 'unicastPeers'))
  return peers.flatMap((peer, index): readonly Problem[] => {
    const path = [...place, 'vrrp', 'unicastPeers', index]
    const first = peers.indexOf(peer)
    if (typeof peer !== 'string') return []
    if (first < index) return [{ path, text: `${peer} is unicastPeers[${first}] already; remove one` }]
    return virtual.has(peer) ? [{ path, text: `${peer} is a virtual IP; list the nodes' own addresses` }] : []
  })
}
