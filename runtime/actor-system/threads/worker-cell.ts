import type { MessagePort } from 'node:worker_threads'
import { linuxClock } from '../../ports/host/linux/clock.ts'
import { linuxRandom } from '../../ports/host/linux/random.ts'
import type { Scheduling } from '../../ports/host/scheduling.ts'
import { PortChannel } from '../messaging/channel.ts'
import { exposeControl, remoteControl } from '../messaging/control.ts'
import type { ActorReport, ActorSeed } from '../messaging/protocol.ts'
import { ActorCell, type Ground, type StartCell } from '../supervision/cell.ts'
import { blockThread } from './block-thread.ts'

/**
 * What a composition's module exports for its Workers: for each actor, how to load it. A function, so that a thread loads the
 * actors that it runs and none of the others.
 */
export type ActorLoaders = { readonly [actor: string]: { load?(): Promise<StartCell> } }

/** What a Worker is told of an actor that it is to run. */
export interface ActorBirth {
  /** The actor, as the composition names it. */
  readonly runs: string
  readonly seed: ActorSeed
  /** Where its descriptors are written down that have to be closed when it is gone. */
  readonly ledger: SharedArrayBuffer
}

/** An actor's cell on a Worker, with the kernel's own clock and random numbers. */
export async function createWorkerCell(
  { runs, seed }: ActorBirth,
  ground: Pick<Ground<MessagePort>, 'report' | 'crashed' | 'within'>,
): Promise<ActorCell<MessagePort>> {
  return new ActorCell<MessagePort>(seed, {
    clock: linuxClock,
    random: linuxRandom,
    scheduling: await ownScheduling(seed),
    ...(await ownRecording(runs, seed)),
    channel: (port) => new PortChannel(port),
    exposeControl,
    remoteControl,
    ...ground,
    block: blockThread,
  })
}

/** Throws where the composition does not have it. */
export async function loadActor(compositionUrl: string, runs: string): Promise<StartCell> {
  const composition = (await import(compositionUrl)) as { readonly actors?: ActorLoaders }
  const start = await composition.actors?.[runs]?.load?.()
  if (start === undefined) throw new Error(`${compositionUrl} exports no actors.${runs} with a load(); add it there`)
  return start
}

/** Posts a report; a log's field that cannot be cloned must not crash the actor that is only saying what happened. */
export function postReport(post: (report: ActorReport) => void, report: ActorReport): void {
  try {
    post(report)
  } catch (error) {
    if (report.type !== 'log') throw error
    const { level, line, atMs } = report
    post({ type: 'log', level, line, atMs })
  }
}

/** Loads the C library's interface into those threads only that need it. */
async function ownScheduling({ realtime }: ActorSeed): Promise<Scheduling | undefined> {
  if (!realtime) return undefined
  const { linuxScheduling } = await import('../../ports/host/linux/scheduling.ts')
  return linuxScheduling
}

/** As rare as that: who records nothing loads nothing for it. */
async function ownRecording(runs: string, { recording, name }: ActorSeed) {
  if (recording === null) return {}
  const { linuxRecordingFile } = await import('../../ports/host/linux/recording-file.ts')
  // An actor may have several machines, and there may be several actors of one machine.
  const fileOf = (machine: string): string => (machine === runs ? name : `${name}.${machine}`)
  return { recordingFile: (machine: string) => linuxRecordingFile(recording.folder, fileOf(machine)) }
}
