/** Plays a round: lays its faults, heals them, and sees the group come to rest. */
import { setTimeout as pause } from 'node:timers/promises'
import type { ClientRoute } from '../../actors/dispatcher/messages.ts'
import type { TimelineEntry } from '../../actors/inspector/messages.ts'
import { socketOf } from '../../runtime/lab/testbed/gateway.ts'
import { isComplete, readStatus } from '../../runtime/lab/testbed/gateway-status.ts'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import type { PlannedFault } from './costs.ts'
import type { Fault } from './fault.ts'
import type { LaidFault, RoundSeen, Whereabouts } from './observations.ts'
import type { Observer } from './observer.ts'
import type { Round } from './plan.ts'
import type { Scene } from './scene.ts'

/** Until the group is at rest, and then until no doctor has anything to be mended. */
const SETTLED_WITHIN_MS = 40_000
const CLEAN_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 300
/** Each client has begun a new connection in that time: what is seen in it is of a group at rest. */
const AT_REST_MS = 2200
/** Clients that the director is asked for. */
const ASKED_FOR = 8

/** Everything that was seen of it. `runsDoctor`: also what the command `proxyha doctor` says at its end. */
export async function playRound(
  { faults }: Round,
  kinds: readonly Fault[],
  scene: Scene,
  observer: Observer,
  runsDoctor: boolean,
): Promise<RoundSeen> {
  observer.take()
  scene.exits.length = 0
  const beganMs = monotonicMs()
  const obstacles: string[] = []
  const laid = await Promise.all(faults.map((planned) => layFault(planned, kindOf(kinds, planned), scene, obstacles)))
  const settledMs = await reached(() => isAtRest(scene, observer), SETTLED_WITHIN_MS)
  const cleanMs = settledMs === null ? null : await reached(() => isClean(scene, observer), CLEAN_WITHIN_MS)
  await pause(AT_REST_MS)
  const whereabouts = settledMs === null ? [] : await ending(scene, observer, obstacles)
  const complaints = cleanMs !== null && runsDoctor ? await complaintsOf(scene) : []
  const [elements, timeline] = await Promise.all([observer.elements(), timelineOf(scene)])
  return {
    mode: scene.mode,
    beganMs,
    settledMs,
    cleanMs,
    endedMs: monotonicMs(),
    faults: laid,
    obstacles,
    complaints,
    exits: [...scene.exits],
    elements,
    whereabouts,
    timeline,
    ...observer.take(),
  }
}

function kindOf(kinds: readonly Fault[], { name }: PlannedFault): Fault {
  const kind = kinds.find((one) => one.name === name)
  if (kind === undefined) throw new Error(`there is no fault ${name}`)
  return kind
}

async function layFault(planned: PlannedFault, kind: Fault, scene: Scene, obstacles: string[]): Promise<LaidFault> {
  const attempt = async (what: string, act: () => Promise<void>) => {
    try {
      await act()
    } catch (cause) {
      obstacles.push(`${planned.name} could not be ${what}: ${cause instanceof Error ? cause.message : cause}`)
    }
  }
  await pause(planned.afterMs)
  const appliedMs = monotonicMs()
  const isPossible = kind.isPossible()
  if (isPossible) await attempt('laid', () => kind.apply(scene, planned))
  else scene.stage.note(`${planned.name}: this machine cannot have it`)
  await pause(Math.max(0, appliedMs + planned.lastsMs - monotonicMs()))
  if (isPossible) await attempt('healed', () => kind.heal(scene, planned))
  return {
    planned,
    host: scene.node(planned.node).host,
    costs: kind.costs(planned, scene.mode),
    naming: kind.naming(planned, scene.mode),
    appliedMs,
    healedMs: monotonicMs(),
  }
}

/** When it held; null where it did not within that time. */
async function reached(holds: () => boolean | Promise<boolean>, withinMs: number): Promise<number | null> {
  const endMs = monotonicMs() + withinMs
  while (!(await holds())) {
    if (monotonicMs() > endMs) return null
    await pause(LOOK_EVERY_MS)
  }
  return monotonicMs()
}

/** The first node leads all, nobody else has the virtual IP, and what is kept is open. A gateway that ended by itself is started again, as a service is. */
async function isAtRest(scene: Scene, observer: Observer): Promise<boolean> {
  for (const node of scene.nodes) scene.start(node)
  const [director] = scene.nodes
  if (director === undefined || observer.open < observer.openAtRest) return false
  if (`${observer.lastHolders()}` !== director.host) return false
  const names = scene.nodes.map(({ host }) => host)
  return isComplete(await readStatus(socketOf(director.host)), names)
}

const isClean = (scene: Scene, observer: Observer): boolean =>
  scene.nodes.every(({ host }) => observer.lastVerdict(host)?.findings?.every(({ level }) => level === 'note') === true)

/** Uses all that is kept, and asks the director where clients go. */
async function ending(scene: Scene, observer: Observer, obstacles: string[]): Promise<readonly Whereabouts[]> {
  try {
    const { answerers } = await observer.use()
    const hosts = new Map(scene.nodes.map(({ ip, host }) => [ip, host]))
    const entries = Object.entries(answerers)
    const step = Math.max(1, Math.floor(entries.length / ASKED_FOR))
    const asked = entries.filter((_, index) => index % step === 0)
    return await Promise.all(
      asked.map(async ([client, answered]) => {
        const route = await scene.get<ClientRoute>(scene.node(0), `/which?client=${client}`)
        return { client, answered, told: hosts.get(route?.node ?? '') ?? null, reason: route?.reason ?? 'no answer' }
      }),
    )
  } catch (cause) {
    obstacles.push(cause instanceof Error ? cause.message : String(cause))
    return []
  }
}

/** What the doctor of each node has to say, where it does not end with 0. */
async function complaintsOf(scene: Scene): Promise<readonly string[]> {
  const said = await Promise.all(
    scene.nodes.map((node) =>
      scene.stage.order(node, 'doctor').then(
        () => [],
        (cause: Error) => [cause.message],
      ),
    ),
  )
  return said.flat()
}

async function timelineOf(scene: Scene): Promise<readonly TimelineEntry[]> {
  const told = await Promise.all(
    scene.nodes.map((node) => scene.get<{ readonly entries: readonly TimelineEntry[] }>(node, '/timeline')),
  )
  return told.flatMap((answer) => answer?.entries ?? []).toSorted((one, other) => one.at.localeCompare(other.at))
}
