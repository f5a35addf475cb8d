import { isDeepStrictEqual } from 'node:util'
import type { Step } from '../../runtime/actor-system/machine/machine.ts'
import type { InterfaceTruth, KernelEvent } from '../../runtime/ports/netlink/kernel-events.ts'
import type { Result } from '../../runtime/ports/result.ts'
import type { AddressFamily } from '../../runtime/wire/ip-address-bytes.ts'
import { askGateway, hearGateway, judgeGateway } from './gateway.ts'
import { dropOutdated, followVirtualIps, knowMaster, probe, sight, tellClaims } from './occupancy.ts'
import { announceOwn, followOwnAddress, judgeOwnAddress, repeatOwn } from './own-address.ts'
import {
  CERTAIN_ANSWERS,
  labelOf,
  mtuText,
  type WatcherEffect,
  type WatcherEvent,
  type WatcherOptions,
  type WatcherState,
} from './state.ts'
import { Turn } from './turn.ts'

const TICK_MS = 1000
/** The truth is read at once when something changed, and no more often than this in a storm of events. */
const LEAST_READ_GAP_MS = 20
/** Also without an event, in case one never came. */
const REREAD_TICKS = 10

/**
 * Sees what becomes of the interface, pure. Events are hints: they lead to a look at the kernel's truth, here and at the
 * announcers, so that what is lost, late or doubled does no harm.
 *
 *     notification, overrun --> read --> changed? --> announcers (look), electors (track), raw-ip (made anew)
 *     tick --> ask the gateway, probe the virtual IPs --answers--> electors (track), announcers (occupied, vacant)
 */
export function stepWatcher(
  state: WatcherState,
  event: WatcherEvent,
  nowMs: number,
): Step<WatcherState, WatcherEffect> {
  const turn = new Turn(state, nowMs)
  handle(turn, event)
  return { state: turn.state, effects: turn.effects }
}

function handle(turn: Turn, event: WatcherEvent): void {
  const { options } = turn
  switch (event.type) {
    case 'start':
      turn.startTimer('tick', TICK_MS)
      turn.perform({ type: 'read' })
      return
    case 'kernel':
      hear(turn, event.event)
      return
    case 'truth':
      takeTruth(turn, event.truth)
      return
    case 'message':
      knowMaster(turn, event.from, event.message)
      return
    case 'neighboursRefused':
      turn.count('refused')
      return
    case 'peerUp':
      greet(turn, event.peer)
      return
    case 'peerDown': {
      const peersUp = new Set(turn.state.peersUp)
      peersUp.delete(event.peer)
      turn.change({ peersUp })
      return
    }
    case 'timerExpired':
      turn.noteExpired(event.timer)
      if (event.timer === 'tick') tick(turn)
      else look(turn)
      return
    case 'configured':
      turn.change({ options: event.options, isRelocating: false })
      followVirtualIps(turn, options.virtualIps)
      // An elector that is new is to know what is tracked when it runs.
      if (!isDeepStrictEqual(event.options.electors, options.electors)) look(turn)
      judgeOwnAddress(turn)
      if (event.options.managementIp !== options.managementIp) announceOwn(turn)
      return
    case 'stop':
      for (const timer of turn.state.timers) turn.cancelTimer(timer)
      return
    default:
      event satisfies never
  }
}

function tick(turn: Turn): void {
  turn.startTimer('tick', TICK_MS)
  turn.change({ ticks: turn.state.ticks + 1 })
  if (turn.state.readFailure !== null || turn.state.ticks % REREAD_TICKS === 0) look(turn)
  askGateway(turn)
  probe(turn)
  tellClaims(turn)
  repeatOwn(turn)
  judgeOwnAddress(turn, true)
}

function hear(turn: Turn, event: KernelEvent): void {
  if (event.type === 'neighbour') {
    turn.count('sightings')
    hearGateway(turn, event.senderAddress)
    sight(turn, event)
    return
  }
  if (event.type === 'overrun') turn.count('overruns')
  if (concerns(turn, event)) lookSoon(turn)
}

/** Whether the truth may be another than it was: the renewal of an address is none. */
function concerns(turn: Turn, event: Exclude<KernelEvent, { type: 'neighbour' }>): boolean {
  const { truth, options } = turn.state
  if (event.type === 'overrun' || truth === null) return true
  const isOurs = event.interfaceIndex === truth.link?.index
  if (event.type === 'link') return isOurs || event.interfaceName === options.interfaceName
  if (event.type === 'defaultRoute') return isOurs
  const { address, prefixLength, present } = event
  const known = truth.addresses.some((held) => held.address === address && held.prefixLength === prefixLength)
  // A removal also of what was not known: it may have come and gone since the last look.
  return isOurs && (!present || !known)
}

function lookSoon(turn: Turn): void {
  turn.change({ isHinted: true })
  const waitMs = turn.state.readAtMs + LEAST_READ_GAP_MS - turn.nowMs
  if (waitMs <= 0) look(turn)
  else if (!turn.state.timers.has('read')) turn.startTimer('read', waitMs)
}

function look(turn: Turn): void {
  turn.cancelTimer('read')
  turn.change({ readAtMs: turn.nowMs })
  turn.perform({ type: 'read' })
}

function takeTruth(turn: Turn, read: Result<InterfaceTruth>): void {
  if (!read.ok) {
    if (turn.state.readFailure === null) turn.log('warn', `the interface cannot be read: ${read.reason}`)
    turn.change({ readFailure: read.reason })
    return
  }
  const { truth: before, isHinted } = turn.state
  const truth = read.value
  turn.change({ truth, readFailure: null, readAtMs: turn.nowMs, isHinted: false })
  const { link } = truth
  const wasUp = before?.link?.up === true
  if (link !== null && link.index !== before?.link?.index) {
    turn.perform({ type: 'watchNeighbours', interfaceIndex: link.index, families: familiesOf(turn.options) })
    if (before !== null && turn.state.peersUp.has('raw-ip')) {
      turn.perform({ type: 'send', to: 'raw-ip', message: { type: 'interfaceChanged' } })
    }
  }
  followDevice(turn, before, link)
  followOwnAddress(turn, before)
  if (before !== null && (isHinted || !isSame(before, truth))) turn.tellAnnouncers({ type: 'interfaceChanged' })
  trackInterface(turn, link)
  tellMtu(turn, before, truth)
  judgeOwnAddress(turn)
  if (truth.defaultRoute?.gateway !== before?.defaultRoute?.gateway) turn.change({ gatewayUnanswered: 0 })
  judgeGateway(turn)
  dropOutdated(turn)
  // At the start, and when the cable is back: who has the addresses by now?
  if (link?.up && !wasUp) probe(turn)
}

/** Whoever sends frames by this node's MAC has to hear of another one at once: the other nodes, their hosts, our own kernel mode. */
function followDevice(turn: Turn, before: InterfaceTruth | null, link: InterfaceTruth['link']): void {
  if (link === null || (link.mac === before?.link?.mac && link.index === before.link.index)) return
  tellMac(turn, link.mac)
  if (turn.state.peersUp.has('fast-path')) {
    turn.perform({ type: 'send', to: 'fast-path', message: { type: 'interfaceChanged' } })
  }
  if (before === null) return
  turn.log('info', `${turn.options.interfaceName} has the MAC ${link.mac} now`)
  announceOwn(turn)
}

function tellMac(turn: Turn, mac: string): void {
  if (turn.state.peersUp.has('discovery'))
    turn.perform({ type: 'send', to: 'discovery', message: { type: 'device', mac } })
}

function trackInterface(turn: Turn, link: InterfaceTruth['link']): void {
  const { interfaceName } = turn.options
  const reason = link === null ? `${interfaceName} is gone` : link.up ? null : `${interfaceName} is down`
  turn.track({ type: 'track', source: 'interface', state: reason === null ? 'ok' : 'failed', reason })
}

function tellMtu(turn: Turn, before: InterfaceTruth | null, truth: InterfaceTruth): void {
  const { options } = turn.state
  const [was, is] = [mtuText(options, before), mtuText(options, truth)]
  if (is !== null && is !== was) turn.log('warn', is)
  if (is === null && was !== null && truth.link !== null)
    turn.log('info', `${options.interfaceName} carries the adverts of this node again`)
}

/** It has (re)started and knows nothing. */
function greet(turn: Turn, peer: string): void {
  const { options, tracks, occupants } = turn.state
  turn.change({ peersUp: new Set(turn.state.peersUp).add(peer) })
  for (const to of options.electors.filter((elector) => elector === peer)) {
    const said = Object.values(tracks.get(to) ?? {}).filter((message) => message !== undefined)
    for (const message of said) turn.perform({ type: 'send', to, message })
  }
  const mac = turn.state.truth?.link?.mac
  if (peer === 'discovery' && mac !== undefined) tellMac(turn, mac)
  for (const to of options.announcers.filter((announcer) => announcer === peer)) {
    for (const [address, { mac, answers }] of occupants) {
      if (answers < CERTAIN_ANSWERS) continue
      turn.perform({ type: 'send', to, message: { type: 'occupied', address, mac } })
    }
  }
}

/** The gateway and the management IP are of IPv4; IPv6 is looked at where a virtual IP is of it. */
const familiesOf = ({ linkLocalAddress }: WatcherOptions): readonly AddressFamily[] =>
  linkLocalAddress === null ? ['ipv4'] : ['ipv4', 'ipv6']

function isSame(one: InterfaceTruth, other: InterfaceTruth): boolean {
  const [a, b] = [one, other].map(({ link, addresses }) => [
    link?.index,
    link?.mac,
    link?.up,
    ...addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`).sort(),
  ])
  return `${a}` === `${b}`
}

/** As it is run, and replayed. */
export const watcherMachine = { machine: 'watcher', step: stepWatcher, label: labelOf }
