/** What is measured of a group, whatever it is grown by. */
import { setTimeout as pause } from 'node:timers/promises'
import { socketOf } from '../../runtime/lab/testbed/gateway.ts'
import { askGateway } from '../../runtime/lab/testbed/gateway-status.ts'
import { setCable } from '../../runtime/lab/testbed/topology.ts'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import { median } from '../statistics.ts'
import { type Clients, door } from './clients.ts'
import { elementsOf } from './elements.ts'
import type { Figures } from './figures.ts'
import type { Group } from './group.ts'
import { director, follower } from './network.ts'
import { downIntervalMs } from './shape.ts'
import { machineCpuSeconds, preciseCpuSeconds, residentMegabytes } from './usage.ts'
import type { WireCount } from './wire-count.ts'

const ASKED_TIMES = 5
/** The follower has done what it does at a takeover. */
const AFTER_TAKEOVER_MS = 500
const ANSWER_WITHIN_MS = 20_000
/** New connections whose CPU is counted come from clients beyond those that a point is about. */
export const FRESH_FIRST = 3_000_000
const FRESH_SOURCES = 1000

/** CPU, memory and beacons of a group that has nothing to do. */
export async function measureRest(group: Group, wire: WireCount, seconds: number): Promise<Figures> {
  const pids = [group.pidOf(director), group.pidOf(follower)] as const
  const read = () => ({ atMs: monotonicMs(), cpu: pids.map(preciseCpuSeconds), bytes: wire.beaconBytes() })
  const before = read()
  await pause(seconds * 1000)
  const after = read()
  const took = (after.atMs - before.atMs) / 1000
  const share = (index: number) => (100 * (after.cpu[index]! - before.cpu[index]!)) / took
  return {
    restCpu: share(0),
    followerCpu: share(1),
    resident: residentMegabytes(pids[0]),
    beacons: (after.bytes - before.bytes) / took / 1000,
  }
}

/** The two answers that somebody asks for all the time. `restCpu`: of the director, in percent, which is not theirs. */
export async function measureAnswers(group: Group, restCpu: number): Promise<Figures> {
  const status = await timed(group, '/status', restCpu)
  const metrics = await timed(group, '/metrics', restCpu)
  const elements = group.shape.mode === 'kernel' ? { elements: elementsOf(director.host, metrics.text) } : {}
  return {
    status: status.ms,
    // No CPU: an answer waits for up to half a second, and its own is lost in what the gateway does meanwhile.
    statusSize: Buffer.byteLength(status.text) / 1000,
    metrics: metrics.ms,
    metricsCpu: metrics.cpuMs,
    metricsSize: Buffer.byteLength(metrics.text) / 1000,
    ...elements,
  }
}

interface Answered {
  readonly ms: number
  readonly cpuMs: number
  readonly text: string
}

/** One after the other: the median of how long each took, and the CPU of each on average. @throws Error where one is not answered */
async function timed(group: Group, path: string, restCpu: number): Promise<Answered> {
  const pid = group.pidOf(director)
  const times: number[] = []
  let text = ''
  const [beganMs, cpuBefore] = [performance.now(), preciseCpuSeconds(pid)]
  for (let turn = 0; turn < ASKED_TIMES; turn++) {
    const askedMs = performance.now()
    const answer = await askGateway(socketOf(director.host), path, ANSWER_WITHIN_MS)
    if (answer === null) throw new Error(`${path} is not answered`)
    times.push(performance.now() - askedMs)
    text = answer.text
  }
  const restMs = ((performance.now() - beganMs) * restCpu) / 100
  return { ms: median(times)!, cpuMs: ((preciseCpuSeconds(pid) - cpuBefore) * 1000 - restMs) / ASKED_TIMES, text }
}

/** What a connection costs that begins, asks once, and ends. `restCpu`: of the director, in percent, which is not theirs. */
export async function measureConnections(
  group: Group,
  clients: Clients,
  count: number,
  restCpu: number,
): Promise<Figures> {
  const order = { ...door, first: FRESH_FIRST, sources: FRESH_SOURCES, hold: false }
  // Loops are compiled by then, and ARP is known.
  await clients.open({ ...order, count: Math.ceil(count / 4) })
  const pid = group.pidOf(director)
  const before = { gateway: preciseCpuSeconds(pid), machine: machineCpuSeconds() }
  const { answered, tookMs } = await clients.open({ ...order, count })
  const of = (now: number, then: number) => ((now - then) * 1e6) / answered
  const machineCpu = of(machineCpuSeconds(), before.machine)
  // In kernel mode a gateway has nothing to do with them: what is left of the difference is noise.
  if (group.shape.mode === 'kernel') return { machineCpu }
  return { machineCpu, connectionCpu: of(preciseCpuSeconds(pid), before.gateway) - (tookMs * restCpu * 10) / answered }
}

/** From the order that a node drains, once it is given, until a client of that node is answered by another one; afterwards all is as before. */
export async function measureRedeal(group: Group, clients: Clients): Promise<Figures> {
  const node = follower.host
  const { source } = await clients.probe({ by: node })
  const moved = clients.probe({ first: source, sources: 1, notBy: node })
  await group.order(`/drain?node=${node}`)
  const givenMs = monotonicMs()
  const { answeredMs } = await moved
  await group.order(`/undrain?node=${node}`)
  await group.settled()
  return { redeal: answeredMs - givenMs }
}

/**
 * The director's host dies: its gateway by SIGKILL, its cable with it, or the kernel would go on forwarding in kernel mode. It does so right after
 * an advert, so that the silence that VRRP waits for is always the same, and is left out. Then it is started again; what its kernel has is
 * still there. Medians of some.
 */
export async function measureTakeovers(
  group: Group,
  clients: Clients,
  wire: WireCount,
  repeats: number,
): Promise<Figures> {
  const rounds: { readonly takeover: number; readonly ready: number; readonly startCpu: number }[] = []
  for (let round = 0; round < repeats; round++) {
    if (round > 0) await group.settled()
    await wire.advert()
    const silentFromMs = monotonicMs()
    group.kill(director)
    setCable(director.host, false)
    const takeover = (await clients.probe()).answeredMs - silentFromMs - downIntervalMs(follower)
    await pause(AFTER_TAKEOVER_MS)
    setCable(director.host, true)
    const ready = await group.start(director)
    rounds.push({ takeover, ready, startCpu: preciseCpuSeconds(group.pidOf(director)) })
  }
  const of = (name: 'takeover' | 'ready' | 'startCpu') => median(rounds.map((one) => one[name]))!
  return repeats === 0 ? {} : { takeover: of('takeover'), ready: of('ready'), startCpu: of('startCpu') }
}
