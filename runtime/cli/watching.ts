import { openLiveScreen } from '../terminal/live-screen.ts'
import { fold, type Look, lookOf, plain, printable } from '../terminal/look.ts'
import { formatAge } from '../terminal/table.ts'
import { formatClock } from '../terminal/time.ts'
import { type CliEnv, CliError } from './env.ts'
import { pause } from './pause.ts'

/** Between two looks, and two pictures. */
export const WATCH_INTERVAL_MS = 1000
/** An answer that is older is not what is so now. */
const OLD_MS = 3 * WATCH_INTERVAL_MS

/** What is watched, and how it is shown. */
interface Watched<Value> {
  ask(): Promise<Value>
  /** The picture of what was answered; `clock` is to stand in it. */
  view(value: Value, look: Look, clock: string): readonly string[]
}

/** The last answer, and why there is no newer one. */
interface LastKnown<Value> {
  readonly value: Value | null
  /** On the monotonic clock, and on that of people. */
  readonly atMs: number
  readonly atWallMs: number
  readonly error: string | null
}

/** Whether there is a terminal that can be drawn on. */
export const canDraw = ({ stdout, variables }: CliEnv): boolean => stdout.isTTY === true && variables.TERM !== 'dumb'

/**
 * Asks again and again and draws in place, until the command is interrupted or `ended`. A gateway that does not answer may
 * be back soon: what it said last stays, grey, with its age. Afterwards the last picture stands where the prompt is.
 */
export class Watch<Value> {
  readonly #env: CliEnv
  readonly #watched: Watched<Value>
  #known: LastKnown<Value> = { value: null, atMs: 0, atWallMs: 0, error: null }
  #picture: readonly string[] = []
  #draw: () => void = () => undefined

  constructor(env: CliEnv, watched: Watched<Value>) {
    this.#env = env
    this.#watched = watched
  }

  /** Draws at once: a key has changed what is to be shown. */
  redraw(): void {
    this.#draw()
  }

  async run(ended: AbortSignal = this.#env.interrupted): Promise<void> {
    const env = this.#env
    const screen = openLiveScreen(env.stdout)
    this.#draw = () => {
      this.#picture = pictureOf(this.#known, this.#watched, env)
      screen.draw(this.#picture)
    }
    const failed = Promise.withResolvers<never>()
    let isAsking = false
    const ask = async (): Promise<void> => {
      // A gateway that hangs is not asked a second time meanwhile; the clock goes on.
      if (isAsking) return
      isAsking = true
      await this.#ask()
      isAsking = false
      this.#draw()
    }
    try {
      while (!ended.aborted) {
        ask().catch(failed.reject)
        this.#draw()
        await Promise.race([pause(WATCH_INTERVAL_MS, env, ended), failed.promise])
      }
    } finally {
      this.#draw = () => undefined
      screen.close()
      env.stdout.write(`${this.#picture.join('\n')}\n`)
    }
  }

  async #ask(): Promise<void> {
    const { clock } = this.#env
    try {
      const value = await this.#watched.ask()
      this.#known = { value, atMs: clock.nowMs(), atWallMs: clock.wallMs(), error: null }
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      this.#known = { ...this.#known, error: error.message }
    }
  }
}

function pictureOf<Value>(known: LastKnown<Value>, { view }: Watched<Value>, env: CliEnv): readonly string[] {
  const look = lookOf(env)
  const { value, atMs, atWallMs, error } = known
  const clock = formatClock(env.clock.wallMs())
  if (value === null) return error === null ? [`asking ...  ${clock}`] : complaint(error, look, clock)
  const ageMs = env.clock.nowMs() - atMs
  if (error === null && ageMs < OLD_MS) return view(value, look, clock)
  const why = error ?? 'the gateway takes its time'
  const last = view(value, { ...look, paint: plain }, formatClock(atWallMs))
  return [
    ...complaint(`no answer for ${formatAge(ageMs)}: ${why}`, look, clock),
    `What it said at ${formatClock(atWallMs)}:`,
    '',
    ...last.map((line) => look.paint(line, 'faint')),
  ]
}

const complaint = (text: string, { paint, columns }: Look, clock: string): readonly string[] => [
  ...fold(printable(text), columns).map((line) => paint(line, 'red')),
  clock,
]
