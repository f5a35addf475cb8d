import type { Group } from './group.ts'
import { clientIps, gateways } from './plan.ts'
import { isComplete } from './testbed/gateway-status.ts'
import { formatDuration, type Timeline } from './timeline.ts'
import { monotonicMs, movedSources, TrafficWindow } from './traffic.ts'

/** What one step needs, and where it writes what it measured. */
export interface Tour {
  readonly group: Group
  readonly timeline: Timeline
  /** Which client was at which node before a step, to tell who moved. */
  homes: ReadonlyMap<number, string>
}

/** One step: its name, and what must happen; it throws `StepFailed` when it does not. */
interface Step {
  readonly name: string
  readonly run: (tour: Tour) => Promise<void>
}

/** A step of the tour did not happen. */
export class StepFailed extends Error {
  readonly code = 'ESTEPFAILED'
}

const names = gateways.map(({ host }) => host)
const [first, second, third] = gateways.map(({ host }) => host) as [string, string, string]

/** A busy machine takes its time to start three gateways. */
const formWithinMs = 30_000
/** Three advert intervals and the skew of the lowest priority are 3.7 s; the rest is a start on a busy machine. */
const takeOverWithinMs = 30_000
/** A stop in order takes a second or two; the rest is a busy machine. */
const endWithinMs = 40_000
/** Three intervals and the skew: 3-4 s of silence, and the longest gap that a client may see with adverts of 1 s. */
const longestGapMs = 3900
/** An advert crosses the bridge before its loser can let go of the VIP: two holders for a blink are no split. */
const longestDoubleMs = 250

/** The steps, in order. The first fault that a step makes is put right by a later one. */
const steps: readonly Step[] = [
  { name: 'the group forms: one director, three nodes, all slots owned', run: groupForms },
  { name: `traffic from ${clientIps.length} source addresses`, run: trafficFlows },
  { name: `the proxy of ${second} stops`, run: proxyStops },
  { name: `the proxy of ${second} starts again`, run: proxyStarts },
  { name: `${first}, the director, loses power: kill -9, cable cut`, run: directorDies },
  { name: `${first} comes back and takes over again`, run: directorReturns },
  { name: `${first} stops in order (priority 0)`, run: directorStops },
  { name: `${first} starts again and takes over`, run: directorStarts },
]

/** Runs all steps; the name of the one that failed, or undefined. */
export async function runTour(tour: Tour, ended: () => boolean): Promise<string | undefined> {
  for (const step of steps) {
    if (ended()) return undefined
    tour.timeline.add('step', step.name)
    try {
      await step.run(tour)
    } catch (failure) {
      if (!(failure instanceof StepFailed)) throw failure
      tour.timeline.add('failed', `${step.name}: ${failure.message}`)
      return step.name
    }
    tour.timeline.add('passed', step.name)
  }
  return undefined
}

async function groupForms({ group, timeline }: Tour): Promise<void> {
  const sinceMs = monotonicMs()
  await must(group, () => group.director === first, `${first} does not hold the VIP`, formWithinMs)
  await must(
    group,
    () => isComplete(group.statusOf(first), names),
    'its status does not show three nodes that own all slots',
    formWithinMs,
  )
  timeline.add(
    'figure',
    `formed after ${formatDuration(monotonicMs() - sinceMs)}, forwarding mode ${group.statusOf(first)?.forwarding}`,
  )
}

async function trafficFlows(tour: Tour): Promise<void> {
  const { group } = tour
  group.startClients()
  await must(group, () => group.traffic.served(1) === clientIps.length, 'not every client was served', 30_000)
  await steadyTraffic(tour, names)
}

async function proxyStops(tour: Tour): Promise<void> {
  const { group, timeline } = tour
  group.traffic = new TrafficWindow(monotonicMs())
  const sinceMs = monotonicMs()
  await group.stopProxy(second)
  await must(group, () => stateOf(group, second) === 'failure', `${second} is not in failure`, 5000)
  timeline.add('figure', `in failure after ${formatDuration(monotonicMs() - sinceMs)}`)
  const before = tour.homes
  const disturbed = group.traffic
  await steadyTraffic(tour, [first, third])
  reportDisturbance(timeline, disturbed, sinceMs)
  const orphans = [...before.values()].filter((node) => node === second).length
  const others = movedSources(before, tour.homes, second)
  timeline.add('figure', `${orphans} clients of ${second} moved, ${others} of the others did`)
}

async function proxyStarts(tour: Tour): Promise<void> {
  const { group, timeline } = tour
  const sinceMs = monotonicMs()
  group.startProxy(second)
  await must(group, () => isComplete(group.statusOf(first), names), `${second} does not take part`, 20_000)
  timeline.add('figure', `takes part after ${formatDuration(monotonicMs() - sinceMs)}`)
  await steadyTraffic(tour, names)
}

async function directorDies(tour: Tour): Promise<void> {
  await failOver(tour, () => tour.group.powerOff(first), second, longestGapMs)
  await must(
    tour.group,
    () => isComplete(tour.group.statusOf(second), [second, third]),
    'its slots are not taken over',
    10_000,
  )
  await steadyTraffic(tour, [second, third])
}

async function directorReturns(tour: Tour): Promise<void> {
  await failOver(tour, async () => tour.group.powerOn(first), first, longestGapMs)
  await must(tour.group, () => isComplete(tour.group.statusOf(first), names), 'not all nodes take part again', 20_000)
  await steadyTraffic(tour, names)
}

async function directorStops(tour: Tour): Promise<void> {
  const { group } = tour
  await failOver(tour, async () => group.stopGateway(first), second, longestGapMs)
  await must(group, () => isComplete(group.statusOf(second), [second, third]), 'its slots are not taken over', 10_000)
  await steadyTraffic(tour, [second, third])
  await must(group, () => !group.isRunning(first), `${first} does not end`, endWithinMs)
}

async function directorStarts(tour: Tour): Promise<void> {
  await failOver(tour, async () => tour.group.startGateway(first), first, longestGapMs)
  await must(tour.group, () => isComplete(tour.group.statusOf(first), names), 'not all nodes take part again', 20_000)
  await steadyTraffic(tour, names)
}

/** Does what moves the VIP and measures the move: time to the new holder, the gap, the clients' ARP entry, failures. */
export async function failOver(tour: Tour, act: () => Promise<void>, heir: string, gapLimitMs: number): Promise<void> {
  const { group, timeline } = tour
  group.gap.restart()
  group.traffic = new TrafficWindow(monotonicMs())
  const disturbed = group.traffic
  const sinceMs = monotonicMs()
  await act()
  await must(group, () => group.director === heir, `${heir} does not hold the VIP alone`, takeOverWithinMs)
  const heldMs = monotonicMs()
  timeline.add('figure', `${heir} holds the VIP alone after ${formatDuration(heldMs - sinceMs)}`)
  await must(group, () => group.arpHost === heir, `the clients' ARP entry does not point to ${heir}`, 5000)
  await must(group, () => (group.gap.lastSuccessAtMs ?? 0) > heldMs + 500, 'no new connection is established', 5000)
  const gapMs = group.gap.longestMs(monotonicMs())
  timeline.add('figure', `longest gap for new connections ${formatDuration(gapMs)}`)
  reportDisturbance(timeline, disturbed, sinceMs)
  if (gapMs > gapLimitMs)
    throw new StepFailed(`the gap of ${formatDuration(gapMs)} is longer than ${formatDuration(gapLimitMs)}`)
  const doubleMs = group.holders.longestDoubleMs(monotonicMs())
  timeline.add('figure', `two gateways held the VIP at once for ${formatDuration(doubleMs)} at most`)
  if (doubleMs > longestDoubleMs)
    throw new StepFailed(`two gateways held the VIP at once for ${formatDuration(doubleMs)}`)
}

/** Over a window of traffic: each client is served, none fails, each sticks to one node, and just these nodes are used. */
async function steadyTraffic(tour: Tour, nodes: readonly string[]): Promise<void> {
  const { group, timeline } = tour
  const attempts = 5
  let complaint = ''
  // Slots may still move for a moment after a node came or went, so a window is judged anew a few times.
  for (let attempt = 0; attempt < attempts; attempt++) {
    group.traffic = new TrafficWindow(monotonicMs())
    await group.until(() => group.traffic.served(4) === clientIps.length, 4000)
    complaint = judge(group.traffic, nodes)
    if (complaint === '') break
  }
  if (complaint !== '') throw new StepFailed(complaint)
  tour.homes = group.traffic.homes()
  const shares = [...group.traffic.sourcesPerNode()].sort().map(([name, count]) => `${name} ${count}`)
  const { perSecond } = group.rate.read(monotonicMs())
  timeline.add('figure', `${Math.round(perSecond)} requests/s, each client at one node: ${shares.join(', ')}`)
}

/** What is wrong with a window of traffic; empty when nothing is. */
export function judge(traffic: TrafficWindow, nodes: readonly string[]): string {
  const used = [...traffic.sourcesPerNode().keys()]
  const unused = nodes.filter((name) => !used.includes(name))
  const strange = used.filter((name) => !nodes.includes(name))
  if (traffic.served(4) < clientIps.length)
    return `only ${traffic.served(4)} of ${clientIps.length} clients are served steadily`
  if (traffic.failures > 0) return `${traffic.failures} of ${traffic.requests} requests failed`
  if (traffic.wanderers() > 0) return `${traffic.wanderers()} clients do not stay at one node`
  if (unused.length > 0) return `${unused.join(', ')} gets no clients`
  if (strange.length > 0) return `${strange.join(', ')} still serves clients`
  return ''
}

function reportDisturbance(timeline: Timeline, traffic: TrafficWindow, sinceMs: number): void {
  const last = traffic.lastFailureAtMs
  const until = last === null ? '' : `, the last ${formatDuration(last - sinceMs)} after it began`
  timeline.add('figure', `${traffic.failures} of ${traffic.requests} requests failed meanwhile${until}`)
}

function stateOf(group: Group, name: string): string | undefined {
  const director = group.director
  return director === null ? undefined : group.statusOf(director)?.nodes.find((node) => node.name === name)?.state
}

async function must(group: Group, holds: () => boolean, complaint: string, withinMs: number): Promise<void> {
  if (!(await group.until(holds, withinMs))) throw new StepFailed(`${complaint} (waited ${formatDuration(withinMs)})`)
}
