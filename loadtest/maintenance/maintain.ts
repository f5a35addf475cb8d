import { setTimeout as pause } from 'node:timers/promises'
import { monotonicMs } from '../../runtime/lab/traffic.ts'
import type { Mode } from '../group/network.ts'
import { sources } from '../group/network.ts'
import { NewClients } from '../group/new-clients.ts'
import { Stage } from '../group/stage.ts'
import { KeptClients } from './kept-clients.ts'
import { type Course, eventOf } from './outcome.ts'
import { eventsOf, type MaintenanceEvent, type Part } from './plan.ts'

const clients = sources.slice(0, 40)
const idleOfEach = 2
const newEveryMs = 50
/** Seen after an event has come about, however little time there is. */
const afterwardsMs = 1500
const msPerMinute = 60_000

/** Walks a group through all events of the parts, in that many minutes; how each went. After one that does not come about it ends. */
export async function maintain(
  mode: Mode,
  parts: readonly Part[],
  minutes: number,
  onProgress: (what: string) => void,
): Promise<readonly Course[]> {
  const stage = new Stage(mode)
  await stage.open()
  onProgress('the group is settled')
  const kept = new KeptClients(stage, idleOfEach, clients)
  onProgress(`${await kept.opened()} connections are open`)
  const fresh = new NewClients(stage, newEveryMs, clients)
  const events = eventsOf(parts)
  const steps: Pick<Course, 'event' | 'beganMs' | 'obstacle'>[] = []
  for (const event of events) {
    onProgress(event.title)
    const beganMs = monotonicMs()
    fresh.begin(steps.length)
    const obstacle = await bringAbout(event, stage)
    steps.push({ event, beganMs, obstacle })
    if (obstacle !== null) break
    if (event.empties !== undefined) fresh.avoid(event.empties)
    await pause(Math.max(afterwardsMs, beganMs + (minutes * msPerMinute) / events.length - monotonicMs()))
  }
  fresh.begin(null)
  await kept.use()
  const tallies = await Promise.all(steps.map((_, number) => fresh.tallyOf(number)))
  await Promise.all([fresh.stop(), kept.stop()])
  await stage.close()
  const beginnings = steps.map(({ beganMs }) => beganMs)
  return steps.map((step, number) => {
    const cuts = kept.cuts.filter((cut) => eventOf(cut, beginnings) === number)
    return { mode, ...step, tally: tallies[number]!, cuts }
  })
}

async function bringAbout(event: MaintenanceEvent, stage: Stage): Promise<string | null> {
  try {
    await event.bringAbout(stage)
    return null
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}
