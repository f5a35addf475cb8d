/**
 * Who has a virtual IP that this node does not hold? The master, as it should be; or a dead master's kernel; or a stranger,
 * and then taking the address over would make two of them. Probes (RFC 5227; for IPv6, neighbour solicitations) find out long
 * before that, so that a takeover itself waits for nothing.
 */

import type { NeighbourSighting } from '../../runtime/ports/netlink/kernel-events.ts'
import { MAX_GROUP_NODES } from '../../runtime/wire/group-bounds.ts'
import type { RoleMessage } from '../elector/messages.ts'
import { CERTAIN_ANSWERS, CLAIM_LIFE_MS, claimedText, type Occupant, occupiedText } from './state.ts'
import type { Turn } from './turn.ts'

/** Virtual IPs that are probed at a time. */
const PROBES_A_TICK = 16
/** A node that waits for its first takeover probes every second, later less often: each probe is heard by everybody. */
const EAGER_TICKS = 4
const RELAXED_TICKS = 5
/** Probes that must stay unanswered before an address counts as free again: frames get lost. */
const SILENT_ROUNDS = 3
/** At a takeover the new master's gratuitous ARP may be seen before its advert: the address goes within this time. */
const CLAIM_GRACE_MS = 500
/** RFC 9568 §7.3: the MACs of a virtual router of IPv4 and of IPv6, which a master may answer with instead of its own. */
const VIRTUAL_ROUTER_MACS = ['00:00:5e:00:01:', '00:00:5e:00:02:']

/**
 * Once a second: counts who was silent, then asks for what this node does not hold; and now and then for what it does, since a
 * host that has taken it since answers nobody but who asks (RFC 5227 §2.4).
 */
export function probe(turn: Turn): void {
  for (const [address, occupant] of turn.state.occupants) {
    if (occupant.silentRounds >= SILENT_ROUNDS) vacate(turn, address)
    else setOccupant(turn, address, { ...occupant, silentRounds: occupant.silentRounds + 1 })
  }
  countAdded(turn)
  for (const master of mastersHeard(turn)) {
    if (!turn.state.masterMacs.has(master)) turn.ask(master)
  }
  const { occupants, claims, ticks, added } = turn.state
  const everyOne = ticks < EAGER_TICKS || ticks % RELAXED_TICKS === 0
  const free = turn.options.virtualIps.filter((address) => !turn.holds(address))
  const held = turn.options.virtualIps.filter((address) => turn.holds(address))
  const asksOthers = ticks > 0 && ticks % RELAXED_TICKS === 0
  const contested = asksOthers ? held.filter((address) => claims.has(address)).slice(0, PROBES_A_TICK) : []
  const wanted = [
    ...(everyOne ? free : free.filter((address) => occupants.has(address) || added.has(address))),
    ...(asksOthers ? held.filter((address) => !contested.includes(address)) : []),
  ]
  const start = wanted.length > PROBES_A_TICK ? turn.state.nextProbe % wanted.length : 0
  const probed = [...wanted.slice(start), ...wanted.slice(0, start)].slice(0, PROBES_A_TICK)
  // However many there are: a claim is over when its host is silent.
  for (const address of [...contested, ...probed]) turn.probe(address)
  turn.change({ nextProbe: start + probed.length })
}

/** Other virtual IPs are configured: who has one of the new ones is asked at once. */
export function followVirtualIps(turn: Turn, before: readonly string[]): void {
  const { virtualIps } = turn.options
  const isOurs = ([address]: readonly [string, unknown]) => virtualIps.includes(address)
  const [occupants, claims] = [new Map([...turn.state.occupants].filter(isOurs)), [...turn.state.claims].filter(isOurs)]
  turn.change({ occupants, claims: new Map(claims) })
  const isNew = (address: string) => !before.includes(address) && !turn.holds(address)
  const added = new Map([...turn.state.added].filter(isOurs))
  for (const address of virtualIps.filter(isNew)) added.set(address, 0)
  turn.change({ added })
  for (const address of [...added.keys()].slice(0, PROBES_A_TICK)) turn.probe(address)
}

/** Counts who was silent of those that were configured meanwhile. After so many rounds as an occupant would have been certain in, it is free. */
function countAdded(turn: Turn): void {
  const { added, occupants } = turn.state
  if (added.size === 0) return
  const still = new Map<string, number>()
  for (const [address, rounds] of [...added].slice(0, PROBES_A_TICK)) {
    if (turn.holds(address)) continue
    const occupant = occupants.get(address)
    if (occupant !== undefined && occupant.answers >= CERTAIN_ANSWERS) continue
    if (occupant !== undefined) still.set(address, 0)
    else if (rounds + 1 < CERTAIN_ANSWERS) still.set(address, rounds + 1)
    else turn.tellAnnouncers({ type: 'vacant', address })
  }
  for (const [address, rounds] of [...added].slice(PROBES_A_TICK)) still.set(address, rounds)
  turn.change({ added: still })
}

/** An elector hears a master: it is no stranger, nor will it be when it is dead. */
export function knowMaster(turn: Turn, elector: string, { masterAddress: address, virtualIps }: RoleMessage): void {
  const { managementIp, linkLocalAddress } = turn.options
  const masters = new Map(turn.state.masters)
  if (address === null || address === managementIp || address === linkLocalAddress) masters.delete(elector)
  else masters.set(elector, { address, virtualIps })
  const isNew = address !== null && turn.state.masters.get(elector)?.address !== address
  turn.change({ masters })
  if (isNew && masters.has(elector)) turn.ask(address)
}

/** A frame was seen: of a master, of who answers for a virtual IP, or of who claims one that is held here. */
export function sight(turn: Turn, sighting: NeighbourSighting): void {
  const { senderAddress, senderMac, targetMac, form } = sighting
  const link = turn.state.truth?.link
  if (!link || senderMac === link.mac) return
  if (mastersHeard(turn).has(senderAddress)) learnMaster(turn, senderAddress, senderMac)
  if (!turn.options.virtualIps.includes(senderAddress)) return
  tellSpokenFor(turn, senderAddress, senderMac)
  if (isMaster(turn, senderMac)) return
  if (turn.holds(senderAddress)) claim(turn, senderAddress, senderMac)
  // Only answers to us: an announcement is that of a new master, of which no advert was heard yet.
  else if (form === 'reply' && targetMac === link.mac) occupy(turn, senderAddress, senderMac)
}

/** A fast path that gives way speaks until another node does. */
function tellSpokenFor(turn: Turn, address: string, mac: string): void {
  if (!turn.state.peersUp.has('fast-path')) return
  turn.perform({ type: 'send', to: 'fast-path', message: { type: 'spokenFor', address, mac } })
}

/** What is on our own interface is occupied by nobody else, and what no longer is may be announced by others. */
export function dropOutdated(turn: Turn): void {
  for (const address of turn.state.occupants.keys()) if (turn.holds(address)) vacate(turn, address)
  const claims = [...turn.state.claims].filter(([address]) => turn.holds(address))
  if (claims.length < turn.state.claims.size) turn.change({ claims: new Map(claims) })
}

function occupy(turn: Turn, address: string, mac: string): void {
  const { masters, masterMacs, occupants } = turn.state
  // A master that does not answer for its own address: who answers for its virtual one is taken for it.
  const master = [...masters.values()].find(({ virtualIps }) => virtualIps.includes(address))
  if (master !== undefined && !masterMacs.has(master.address)) {
    learnMaster(turn, master.address, mac)
    return
  }
  const known = occupants.get(address)
  const isNew = known?.mac !== mac
  if (known !== undefined && isNew) vacate(turn, address)
  const answers = isNew ? 1 : known.answers + (known.silentRounds > 0 ? 1 : 0)
  setOccupant(turn, address, { mac, answers, silentRounds: 0 })
  if (isNew) {
    // It may be a master with another MAC than before.
    for (const master of mastersHeard(turn)) turn.ask(master)
  } else if (answers === CERTAIN_ANSWERS && known.answers < CERTAIN_ANSWERS) {
    turn.log('warn', occupiedText(address, mac))
    turn.tellAnnouncers({ type: 'occupied', address, mac })
  }
}

const mastersHeard = (turn: Turn): ReadonlySet<string> =>
  new Set([...turn.state.masters.values()].map(({ address }) => address))

function learnMaster(turn: Turn, address: string, mac: string): void {
  const masterMacs = new Map(turn.state.masterMacs)
  masterMacs.delete(address)
  masterMacs.set(address, mac)
  for (const oldest of masterMacs.keys()) {
    if (masterMacs.size <= MAX_GROUP_NODES) break
    masterMacs.delete(oldest)
  }
  turn.change({ masterMacs })
  for (const [occupied, occupant] of turn.state.occupants) if (occupant.mac === mac) vacate(turn, occupied)
}

function isMaster(turn: Turn, mac: string): boolean {
  if ([...turn.state.masterMacs.values()].includes(mac)) return true
  const suffixes = turn.options.virtualRouterIds.map((vrid) => vrid.toString(16).padStart(2, '0'))
  return VIRTUAL_ROUTER_MACS.some((prefix) => suffixes.some((suffix) => mac === prefix + suffix))
}

/** Two hosts have the address. The one that was here first goes on (RFC 5227 §2.4 c), and the operator is told. */
function claim(turn: Turn, address: string, mac: string): void {
  const before = turn.state.claims.get(address)
  const isKnown = before !== undefined && before.mac === mac && turn.nowMs - before.atMs < CLAIM_LIFE_MS
  const fresh = { sinceMs: turn.nowMs, isCertain: false, answeredAtMs: Number.NEGATIVE_INFINITY }
  const { sinceMs, isCertain, answeredAtMs } = isKnown ? before : fresh
  const claimed = { mac, sinceMs, atMs: turn.nowMs, isCertain, answeredAtMs }
  turn.change({ claims: new Map(turn.state.claims).set(address, claimed) })
}

/**
 * Once a second: has what somebody else announced announced anew, for a client may have believed it; and asks, once, whether
 * that was all. A second master of a moment, who has yielded since, is no warning: who speaks for the address later on is.
 */
export function tellClaims(turn: Turn): void {
  for (const [address, known] of turn.state.claims) {
    if (turn.nowMs - known.sinceMs < CLAIM_GRACE_MS || known.atMs <= known.answeredAtMs) continue
    const isCertain = known.isCertain || known.atMs - known.sinceMs >= CLAIM_GRACE_MS
    turn.change({
      claims: new Map(turn.state.claims).set(address, { ...known, isCertain, answeredAtMs: turn.nowMs }),
    })
    turn.tellAnnouncers({ type: 'contested', address })
    if (!isCertain) {
      turn.probe(address)
      turn.log('warn', `${known.mac} announced ${address}, which is held here: it is announced anew`)
    } else if (!known.isCertain) turn.log('warn', claimedText(address, known.mac))
  }
}

function setOccupant(turn: Turn, address: string, occupant: Occupant): void {
  turn.change({ occupants: new Map(turn.state.occupants).set(address, occupant) })
}

function vacate(turn: Turn, address: string): void {
  const occupants = new Map(turn.state.occupants)
  const gone = occupants.get(address)
  occupants.delete(address)
  turn.change({ occupants })
  if (gone === undefined || gone.answers < CERTAIN_ANSWERS) return
  turn.tellAnnouncers({ type: 'vacant', address })
  turn.log('info', `${address} is no longer held by ${gone.mac}`)
}
