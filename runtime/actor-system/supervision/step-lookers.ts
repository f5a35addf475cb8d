import type { Clock } from '../../ports/host/clock.ts'
import type { RecordingFile } from '../../ports/host/recording-file.ts'
import type { ActorLog } from '../inspection/actor-log.ts'
import { type StepObserver, stepText } from '../machine/observed-step.ts'
import type { ActorSeed } from '../messaging/protocol.ts'
import { Recorder } from '../recording/recorder.ts'

/** For the last steps of a recording. */
const RECORDING_PATIENCE_MS = 200

/** What of the ground a recording needs. */
interface RecordingGround {
  readonly clock: Clock
  recordingFile?(machine: string): RecordingFile
}

/** Who looks on at the steps of an actor's machines: a recording from its start on, and at level `debug` its log. */
export class StepLookers {
  readonly #log: ActorLog
  readonly #recorder: Recorder | undefined
  /** Both of them. */
  readonly #all: StepObserver

  constructor(seed: Pick<ActorSeed, 'name' | 'recording'>, ground: RecordingGround, log: ActorLog) {
    this.#log = log
    this.#recorder = recorderOf(seed, ground, log)
    this.#all = {
      began: (machine, state) => this.#recorder?.began(machine, state),
      stepped: (step, state) => {
        this.#recorder?.stepped(step, state)
        log.write('debug', stepText(step))
      },
    }
  }

  /** Undefined while nobody does. */
  get now(): StepObserver | undefined {
    return this.#log.passes('debug') ? this.#all : this.#recorder
  }

  /** Resolves when what was recorded is written, or after a short patience. */
  async end(): Promise<void> {
    await this.#recorder?.end(RECORDING_PATIENCE_MS)
  }
}

function recorderOf(
  { name: actor, recording }: Pick<ActorSeed, 'name' | 'recording'>,
  { clock, recordingFile: open }: RecordingGround,
  log: ActorLog,
): Recorder | undefined {
  if (recording === null || open === undefined) return undefined
  const refused = (reason: string): void => log.write('warn', `recording: steps of ${actor} are lost: ${reason}`)
  // The clock is not the actor's own: the last steps are written when no timer of that fires any more.
  return new Recorder({ actor, version: recording.version, open, clock, refused })
}
