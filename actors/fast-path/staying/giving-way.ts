import type { RoleMessage } from '../../elector/messages.ts'
import { foldRoles } from '../../elector/messages.ts'
import type { FastPathState, GivingWay } from '../state.ts'
import type { Turn } from '../turn.ts'

/**
 * Clients go on sending to the host that was director until they have heard of the next one. So it goes on forwarding what comes; and where
 * it gives way to a director that lives, it answers ARP as well until that one has spoken. What a node has sent is never forwarded
 * again, so two that forward make no loop.
 */

/** Past the time for which the next director's announcer waits for its fast path. */
const SPEAKS_MS = 2500
/** A host that gets no answer any more has asked everybody by then: Linux believes an entry for 45 s at most, and asks on for 8 s. */
const FORWARDS_MS = 60_000
/** The second burst of gratuitous ARP comes a second after the first, for those whose kernel did not heed that one. */
const STOP_AFTER_ANNOUNCED_MS = 1300
/** At an ordered stop nobody may have spoken yet. */
const STOP_UNANNOUNCED_MS = SPEAKS_MS + STOP_AFTER_ANNOUNCED_MS

/** Roles have changed: does this host lead no more what it led? What the kernel forwards, knowing who stays where, it goes on forwarding. */
export function noteGivenUp(turn: Turn, before: FastPathState, role: RoleMessage): void {
  const [had, has] = [foldRoles(before.roles).virtualIps, foldRoles(turn.state.roles).virtualIps]
  const kept = new Map([...turn.state.givingWay].filter(([address]) => !has.includes(address)))
  // Without anybody who follows it has lost its lease, or failed: another may have followed unheard.
  const handsOver = role.role === 'initializing' || role.masterAddress !== null
  // One that is configured no more is led by nobody.
  const { settings, stopping } = turn.state
  const isOurs = (address: string) => settings.virtualIps.includes(address)
  const lost = had.filter((address) => !has.includes(address) && isOurs(address) && !stopping)
  const given = givenUp(turn, lost, handsOver)
  if (given.length > 0) turn.change({ givingWayTold: new Set() })
  keepGivingWay(turn, new Map([...kept, ...given]))
}

/**
 * A predecessor was killed while it led: clients go on sending here until another leads, which may take three adverts more. Nobody is told
 * to come.
 */
export function resumeForwarding(turn: Turn, addresses: readonly string[]): void {
  const { nowMs, state } = turn
  const led = foldRoles(state.roles).virtualIps
  const one = givingWayFrom(nowMs, { speaksMs: 0, guessesMs: SPEAKS_MS })
  const resumed = addresses.filter((address) => !led.includes(address)).map((address) => [address, one] as const)
  if (resumed.length > 0) keepGivingWay(turn, new Map([...state.givingWay, ...resumed]))
}

/** The group did not show up: who is pinned to nodes that this host does not know would be reset. What nobody takes, TCP sends again. */
export function giveUpResuming(turn: Turn): void {
  if (turn.state.applied === null) keepGivingWay(turn, new Map())
}

/** These addresses are none of ours any more. */
export function forgetGivingWay(turn: Turn, addresses: readonly string[]): void {
  const { givingWay } = turn.state
  if (givingWay.size === 0) return
  keepGivingWay(turn, new Map([...givingWay].filter(([address]) => !addresses.includes(address))))
}

/** A node has said which clients have to stay there, to the next director as well. */
export function noteToldMeanwhile(turn: Turn, address: string): void {
  const { givingWay, givingWayTold } = turn.state
  if (givingWay.size > 0) turn.change({ givingWayTold: new Set(givingWayTold).add(address) })
}

/** SYNs go where the next director sends them, from when this host has heard and written down what that one hears. */
export function knowsWhatNextKnows({ givingWay, givingWayTold, group, pinsDue }: FastPathState): boolean {
  const haveTold = group?.nodes.every(({ self, speaks, address }) => self || !speaks || givingWayTold.has(address))
  return givingWay.size > 0 && !pinsDue && haveTold !== false
}

function givenUp(turn: Turn, lost: readonly string[], handsOver: boolean): readonly (readonly [string, GivingWay])[] {
  const { nowMs, state } = turn
  const { applied } = state
  if (applied === null || applied.hearing === true) return []
  const inForce = new Set(applied.virtualIps.filter(({ role }) => role === 'director').map(({ address }) => address))
  const speaksMs = handsOver ? SPEAKS_MS : 0
  const one = givingWayFrom(nowMs, { speaksMs, guessesMs: speaksMs })
  return lost.filter((address) => inForce.has(address)).map((address) => [address, one])
}

function givingWayFrom(nowMs: number, times: { readonly speaksMs: number; readonly guessesMs: number }): GivingWay {
  const [speaksUntilMs, guessesUntilMs] = [nowMs + times.speaksMs, nowMs + times.guessesMs]
  return { speaksUntilMs, guessesUntilMs, forwardsUntilMs: nowMs + FORWARDS_MS, announcedAtMs: null }
}

/** Somebody spoke for a virtual IP. Where it is a node of the group, this host has nothing more to say for it. */
export function noteAnnounced(turn: Turn, address: string, mac: string): void {
  const { givingWay, group, stopping } = turn.state
  const known = givingWay.get(address)
  if (known === undefined || known.announcedAtMs !== null) return
  if (!group?.nodes.some((node) => !node.self && node.mac === mac)) return
  const announced = { ...known, speaksUntilMs: turn.nowMs, announcedAtMs: turn.nowMs }
  keepGivingWay(turn, new Map(givingWay).set(address, stopping ? untilStop(announced, turn.nowMs) : announced))
}

/**
 * An ordered stop, of the lead as well, waits until clients have moved, where there is somebody to move to. Else what is open goes on by
 * what is left behind, as far as clients know the way: nobody tells them, and nothing new begins.
 */
export function hastenGivingWay(turn: Turn): void {
  const { givingWay, group, roles } = turn.state
  // Also one that drains, or whose proxy failed: it leads, and what is open goes on by way of it.
  const follows = group?.nodes.some(({ self, speaks }) => !self && speaks) ?? false
  const all = [...givingWay, ...givenUp(turn, foldRoles(roles).virtualIps, true)]
  const hastened = all.map(([address, one]) => [address, untilStop(one, turn.nowMs)] as const)
  keepGivingWay(turn, new Map(follows ? hastened : []))
  if (!follows) turn.change({ leftBehind: all.map(([address]) => address) })
}

export function expireGivingWay(turn: Turn): void {
  keepGivingWay(turn, turn.state.givingWay)
}

/**
 * Whether what is left for this host to forward goes by what it knows alone. It may lead again at any moment, and clients hear of that
 * before its kernel has other rules: who has begun elsewhere since would be reset.
 */
export const guessesNoMore = ({ givingWay, givingWayAtMs }: FastPathState): boolean =>
  givingWay.size > 0 && [...givingWay.values()].every(({ guessesUntilMs }) => guessesUntilMs <= givingWayAtMs)

/** What this host is for a virtual IP that it does not lead. */
export function roleOfOther(
  { givingWay, givingWayAtMs, leftBehind }: FastPathState,
  address: string,
): 'director' | 'former' | 'node' {
  if (leftBehind.includes(address)) return 'former'
  const one = givingWay.get(address)
  if (one === undefined) return 'node'
  return givingWayAtMs < one.speaksUntilMs ? 'director' : 'former'
}

function untilStop(one: GivingWay, nowMs: number): GivingWay {
  const { announcedAtMs } = one
  const stopsAtMs = announcedAtMs === null ? nowMs + STOP_UNANNOUNCED_MS : announcedAtMs + STOP_AFTER_ANNOUNCED_MS
  return { ...one, forwardsUntilMs: Math.min(one.forwardsUntilMs, stopsAtMs) }
}

/** Those whose time is not over, and the timer of the next change. */
function keepGivingWay(turn: Turn, wanted: ReadonlyMap<string, GivingWay>): void {
  const { nowMs } = turn
  const givingWay = new Map([...wanted].filter(([, { forwardsUntilMs }]) => nowMs < forwardsUntilMs))
  turn.change({ givingWay, givingWayAtMs: nowMs })
  const times = [...givingWay.values()].flatMap(({ speaksUntilMs, guessesUntilMs, forwardsUntilMs }) => [
    speaksUntilMs,
    guessesUntilMs,
    forwardsUntilMs,
  ])
  const next = Math.min(...times.filter((atMs) => atMs > nowMs))
  if (Number.isFinite(next)) turn.startTimer('givingWay', next - nowMs)
  else turn.cancelTimer('givingWay')
}
