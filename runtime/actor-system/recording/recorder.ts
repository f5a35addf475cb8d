import type { Clock } from '../../ports/host/clock.ts'
import type { RecordingFile } from '../../ports/host/recording-file.ts'
import type { ObservedStep, StepObserver } from '../machine/observed-step.ts'
import { encodeRecorded } from './recorded-value.ts'
import { RecordingOutput } from './recording-output.ts'

/** Of the format of a recording; another one is not replayed. */
export const RECORDING_FORMAT = 1
/** Of one file; then the next begins. */
export const MAX_FILE_BYTES = 8 << 20

/** The first line of a file, from which its steps go on. */
export interface RecordingHeader {
  readonly recording: number
  /** Of proxyha. */
  readonly version: string
  readonly actor: string
  readonly machine: string
  /** Steps before this file that were not written, at the least: it begins behind a gap. */
  readonly missed: number
  /** The same moment, by both clocks. */
  readonly at: string
  readonly nowMs: number
  /** As `encodeRecorded` has it, the next two as well. */
  readonly state: unknown
}

/** Every other line. */
export interface RecordedStep {
  readonly nowMs: number
  readonly event: unknown
  readonly before: string
  readonly after: string
  readonly effects: unknown
}

export interface RecorderOptions {
  readonly actor: string
  readonly version: string
  /** The file of the actor's machine of that name. */
  open(machine: string): RecordingFile
  readonly clock: Clock
  refused(reason: string): void
}

interface Recording {
  readonly output: RecordingOutput
  bytes: number
  missed: number
}

/** Writes down what the machines of an actor take, and what comes of it: a line a step, each file by itself from a state on. */
export class Recorder implements StepObserver {
  readonly #options: RecorderOptions
  readonly #recordings = new Map<string, Recording>()

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  began(machine: string, state: unknown): void {
    const { open, clock, refused } = this.#options
    const recording = { output: new RecordingOutput(open(machine), clock, refused), bytes: 0, missed: 0 }
    this.#recordings.set(machine, recording)
    this.#begin(machine, recording, state)
  }

  stepped({ machine, nowMs, event, before, after, effects }: ObservedStep, state: unknown): void {
    const recording = this.#recordings.get(machine)
    if (recording === undefined) return
    const step: RecordedStep = { nowMs, event, before, after, effects }
    const line = encodeRecorded(step)
    const isTaken = recording.output.write(line)
    recording.bytes += line.length
    if (!isTaken) recording.missed += 1
    if (!isTaken || recording.bytes > MAX_FILE_BYTES) this.#begin(machine, recording, state)
  }

  /** Resolves when all is written, or after the patience. */
  async end(patienceMs: number): Promise<void> {
    await Promise.all([...this.#recordings.values()].map(({ output }) => output.end(patienceMs)))
  }

  #begin(machine: string, recording: Recording, state: unknown): void {
    const { actor, version, clock } = this.#options
    const header: RecordingHeader = {
      recording: RECORDING_FORMAT,
      version,
      actor,
      machine,
      missed: recording.missed,
      at: new Date(clock.wallMs()).toISOString(),
      nowMs: clock.nowMs(),
      state,
    }
    if (!recording.output.begin(encodeRecorded(header))) return
    recording.missed = 0
    recording.bytes = 0
  }
}
