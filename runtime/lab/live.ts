import { isQuit, readKeys } from '../terminal/keys.ts'
import { gateways } from './plan.ts'
import { failOver, StepFailed, type Tour } from './tour.ts'

const cycleMs = 30_000
/** On the live lab a failover is watched, not judged. */
const anyGapMs = Number.POSITIVE_INFINITY

/**
 * After the tour: keys where there is a terminal, and a failover every half minute until a key is pressed. Resolves when
 * `ending` does, or at `q`.
 */
export async function stayLive(tour: Tour, ending: Promise<void>): Promise<void> {
  const quit = Promise.withResolvers<void>()
  let busy = false
  /** One change at a time: what is asked for meanwhile is dropped. */
  const change = async (act: () => Promise<void>) => {
    if (busy) return
    busy = true
    try {
      await act()
    } catch (failure) {
      if (!(failure instanceof StepFailed)) throw failure
      tour.timeline.add('failed', failure.message)
    } finally {
      busy = false
    }
  }
  const cycle = setInterval(() => void change(() => toggleDirector(tour)), cycleMs)
  const release = readKeys(process.stdin, (key) => {
    clearInterval(cycle)
    if (isQuit(key)) quit.resolve()
    if (key === 'k') void change(() => toggleDirector(tour))
    if (key === 'p') void change(() => toggleProxy(tour))
  })
  await Promise.race([ending, quit.promise])
  clearInterval(cycle)
  release()
}

/** Powers off the director, or powers on the gateway that is off. */
async function toggleDirector(tour: Tour): Promise<void> {
  const { group, timeline } = tour
  const off = gateways.find(({ host }) => !group.isRunning(host))
  if (off) {
    timeline.add('step', `${off.host} is powered on`)
    return failOver(tour, async () => group.powerOn(off.host), heirAmong(tour, off.host), anyGapMs)
  }
  const director = group.director
  if (director === null) return
  timeline.add('step', `${director}, the director, loses power`)
  const heir = gateways.find(({ host }) => host !== director && group.isRunning(host))
  if (heir) await failOver(tour, () => group.powerOff(director), heir.host, anyGapMs)
}

/** Who holds the VIP once `joining` runs: the highest priority, and the gateways are listed by it. */
function heirAmong({ group }: Tour, joining: string): string {
  return gateways.find(({ host }) => host === joining || group.isRunning(host))?.host ?? joining
}

/** Stops the proxy of the last gateway that has one, or starts the one that is stopped. */
async function toggleProxy({ group, timeline }: Tour): Promise<void> {
  const stopped = gateways.find(({ host }) => group.isRunning(host) && !group.isProxyRunning(host))
  if (stopped) {
    timeline.add('step', `the proxy of ${stopped.host} starts`)
    group.startProxy(stopped.host)
    return
  }
  const running = gateways.findLast(({ host }) => group.isProxyRunning(host))
  if (!running) return
  timeline.add('step', `the proxy of ${running.host} stops`)
  await group.stopProxy(running.host)
}
