import { isIPv6 } from 'node:net'
import { warning } from '../../../runtime/actor-system/inspection/warning.ts'
import type { NetworkInterface } from '../../../runtime/ports/netlink/netlink.ts'
import type { Result } from '../../../runtime/ports/result.ts'
import { mayCorrectNow, noteCorrection } from '../corrections.ts'
import { isForeign } from '../foreign.ts'
import { withheldNow } from '../occupied.ts'
import { ownBehind } from '../precedence.ts'
import type { Device, Holding, Phase, PutRefusal, Taking, VirtualAddress } from '../state.ts'
import type { Turn } from '../turn.ts'
import { announce, announceAnew } from './announcing.ts'
import { awaitFastPath } from './readiness.ts'

/**
 * Renewals may come every 10 ms; the kernel is told when the lease ends by this much later than it knows of: about once a
 * second, a little sooner than adverts of 1 s come.
 */
const REFRESH_MS = 900
/** How often it is checked that the addresses are still there, without a hint by the watcher; each refresh puts them back, too. */
const CHECK_MS = 5000
/** The same while something else keeps changing them. */
export const CONTESTED_CHECK_MS = 1000
/** With a refresh a second, one that comes late by half its time must not cost the address. */
const LEAST_LIFETIME_S = 2

/**
 * How long the kernel shall keep the addresses by itself: the whole seconds nearest to the end of the lease. Much longer,
 * and after a kill the address would still answer when the next director has it. (The kernel itself is up to half a second
 * late, as it rounds its timers; the skew of a priority up to 128 is longer than that.) Behind a fence they stay until the
 * next director is sure to have them: then nobody is without them meanwhile.
 */
export function kernelLifetimeS(leaseUntilMs: number, nowMs: number, keptAfterLeaseMs: number): number {
  const lifetimeS = (leaseUntilMs + keptAfterLeaseMs - nowMs) / 1000
  return Math.max(LEAST_LIFETIME_S, keptAfterLeaseMs > 0 ? Math.ceil(lifetimeS) : Math.round(lifetimeS))
}

/** To hold: on the interface as it was when it was last read; the watcher has it read anew whenever it changes. */
export function take(turn: Turn, leaseUntilMs: number, succeeds: boolean): void {
  if (leaseUntilMs <= turn.nowMs) {
    // The message was under way for longer than it was worth.
    turn.change({ leaseExpiries: turn.state.leaseExpiries + 1 })
    turn.report({ type: 'leaseExpired' })
    return
  }
  const { device } = turn.state
  const isRemembered = device !== null
  const taking: Taking = { label: 'TAKING', leaseUntilMs, device, isRemembered, withheld: [], succeeds }
  turn.enter(taking)
  turn.startTimer('lease', leaseUntilMs - turn.nowMs)
  if (device === null) turn.perform({ type: 'readInterface' })
  else putFirst(turn, taking, device)
}

export function continueTaking(turn: Turn, taking: Taking, read: Result<NetworkInterface>): void {
  if (read.ok) putFirst(turn, taking, deviceOf(read.value))
  else fail(turn, taking, everyAddress(turn, read.reason))
}

function putFirst(turn: Turn, taking: Taking, device: Device): void {
  const taken: Taking = { ...taking, device, withheld: withheldNow(turn) }
  turn.enter(taken)
  put(turn, { ...taken, device })
  turn.logInstance('info', 'setting protocol VIPs.')
  logEach(turn, 'Adding', taken.withheld)
}

/** In the words of the original. */
function logEach(turn: Turn, what: 'Adding' | 'Removing', withheld: readonly string[]): void {
  for (const { address } of oursOf(turn))
    if (!withheld.includes(address))
      turn.log('info', `TX ${what} ${isIPv6(address) ? 'IPV6' : 'IPV4'} Address ${address}`)
}

/** The kernel has answered. A refused address fails the whole hold: a director serves all of them or leaves them all. */
export function finishPut(turn: Turn, phase: Taking | Holding, refusals: readonly PutRefusal[]): void {
  if (refusals.length > 0 && phase.label === 'TAKING' && phase.isRemembered) {
    turn.enter({ ...phase, device: null, isRemembered: false })
    turn.perform({ type: 'readInterface' })
    return
  }
  if (refusals.length > 0) {
    fail(turn, phase, refusals)
    return
  }
  turn.resolved('hold')
  if (phase.label === 'HOLDING' || phase.device === null) return
  const { leaseUntilMs, device, withheld, succeeds } = phase
  const unannounced = { schedule: [], awaits: null }
  const holding: Holding = {
    label: 'HOLDING',
    leaseUntilMs,
    device,
    kernelLeaseUntilMs: leaseUntilMs,
    withheld,
    ...unannounced,
  }
  turn.enter(holding)
  startCheckTimer(turn)
  if (turn.options.forwardedBy === 'fast-path') awaitFastPath(turn, holding, succeeds ? 'ready' : 'rules')
  else announce(turn, holding)
  turn.report({ type: 'held' })
  // What was remembered of the interface is looked at now that nobody waits for it.
  if (phase.isRemembered) turn.perform({ type: 'readInterface' })
}

/** The lease goes on. It is never shortened: messages of one link come in order, those of a stall all at once. */
export function extend(turn: Turn, phase: Taking | Holding, until: number): void {
  const leaseUntilMs = Math.max(phase.leaseUntilMs, until)
  if (phase.label === 'TAKING') {
    turn.enter({ ...phase, leaseUntilMs })
    return
  }
  // Not by the time since the kernel was told last: a lease that was short then may be a long one a moment later.
  const refresh = leaseUntilMs - phase.kernelLeaseUntilMs >= REFRESH_MS
  const kernelLeaseUntilMs = refresh ? leaseUntilMs : phase.kernelLeaseUntilMs
  const extended: Holding = { ...phase, leaseUntilMs, kernelLeaseUntilMs }
  turn.enter(extended)
  if (refresh) put(turn, extended)
}

/** Every few seconds while holding, and when something changed: is what we hold still there, and on the same interface? */
export function checkHeld(turn: Turn, holding: Holding, read: Result<NetworkInterface>): void {
  if (!read.ok) {
    fail(turn, holding, everyAddress(turn, read.reason))
    return
  }
  const { interfaceName, virtualIps } = turn.options
  if (read.value.up) turn.resolved('link')
  else
    turn.trouble(
      'link',
      warning('link-down', interfaceName, `${interfaceName} is down: nobody reaches the virtual IPs`),
    )
  const device = deviceOf(read.value)
  const moved = device.index !== holding.device.index || device.mac !== holding.device.mac
  const gone = virtualIps.filter(
    (virtualIp) => !holding.withheld.includes(virtualIp.address) && !isThere(read.value, virtualIp),
  )
  const behind = ownBehind(read.value, virtualIps)
  if (gone.length > 0 || behind !== undefined) noteCorrection(turn)
  startCheckTimer(turn)
  if (!moved && gone.length === 0 && behind === undefined) return
  if (behind !== undefined) {
    turn.log('warn', `a virtual IP came before ${behind} on ${interfaceName}: putting it behind that again`)
    turn.perform({ type: 'removeAddresses', interfaceIndex: device.index, addresses: oursOf(turn) })
  }
  for (const { address } of gone) turn.log('warn', `${address} was taken off ${interfaceName}: putting it back`)
  if (moved) turn.log('warn', `${interfaceName} is another one or has another MAC (${device.mac}): announcing it`)
  const present: Holding = { ...holding, device, kernelLeaseUntilMs: holding.leaseUntilMs }
  turn.enter(present)
  put(turn, present)
  announceAnew(turn, present)
}

/** The addresses go first, then everything else. */
export function giveUp(turn: Turn, phase: Exclude<Phase, { readonly label: 'IDLE' }>): void {
  const { device } = phase
  if (device !== null) {
    turn.perform({ type: 'removeAddresses', interfaceIndex: device.index, addresses: oursOf(turn) })
    turn.logInstance('info', 'removing protocol VIPs.')
    logEach(turn, 'Removing', phase.withheld)
  }
  turn.cancelTimers()
  turn.resolved('link')
  for (const address of phase.withheld) turn.resolved(`occupied:${address}`)
  turn.enter({ label: 'IDLE' })
}

function fail(turn: Turn, phase: Taking | Holding, refusals: readonly PutRefusal[]): void {
  giveUp(turn, phase)
  const [first] = refusals
  if (first !== undefined) {
    const text = `cannot hold ${first.address}: ${first.reason}`
    turn.trouble('hold', warning('vip-refused', first.address, text))
  }
  for (const { address, reason } of refusals) turn.report({ type: 'holdFailed', address, reason })
}

/** Adds or renews all addresses but those that somebody else has. */
export function put(turn: Turn, phase: Pick<Holding, 'device' | 'leaseUntilMs' | 'withheld'>): void {
  const { device, leaseUntilMs, withheld } = phase
  turn.perform({
    type: 'putAddresses',
    interfaceIndex: device.index,
    addresses: oursOf(turn).filter(({ address }) => !withheld.includes(address)),
    validLifetimeS: kernelLifetimeS(leaseUntilMs, turn.nowMs, turn.options.keptAfterLeaseMs),
  })
}

/** What is put here, and goes with the lease. */
const oursOf = ({ options, state }: Turn): readonly VirtualAddress[] =>
  options.virtualIps.filter((address) => !isForeign(state, address))

function startCheckTimer(turn: Turn): void {
  turn.startTimer('check', mayCorrectNow(turn) ? CHECK_MS : CONTESTED_CHECK_MS)
}

const everyAddress = (turn: Turn, reason: string): readonly PutRefusal[] =>
  turn.options.virtualIps.map(({ address }) => ({ address, reason }))

/** What is remembered of an interface. */
export const deviceOf = ({ index, mac }: NetworkInterface): Device => ({ index, mac })

function isThere(device: NetworkInterface, { address, prefixLength }: VirtualAddress): boolean {
  return device.addresses.some((held) => held.address === address && held.prefixLength === prefixLength)
}
