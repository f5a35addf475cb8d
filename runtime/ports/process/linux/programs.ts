import { accessSync, constants as fileConstants, realpathSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import { LINE_CHARACTERS, type Program, type ProgramOutcome, type Programs } from '../programs.ts'
import { endOf, type Spawned, spawnProgram } from './spawn.ts'

/** After its end a program's last words may still be in the pipe; whoever it has left behind may hold that open for ever. */
const LAST_WORDS_MS = 200
/** From SIGKILL until a program counts as one that cannot be ended. */
const KILLED_WITHIN_MS = 1000
/** Between two looks at whether a program has ended, that closes its output mostly when it does: then it is looked at once. */
const LOOK_MS = { least: 1, most: 50 }
const BY_GROUP_OR_OTHERS = 0o022
const STICKY = 0o1000

/** Each in a session, and so a process group, of its own. */
export function openLinuxPrograms(): Programs {
  const running = new Map<string, Run>()
  return {
    run(name, program) {
      if (running.has(name)) {
        return Promise.resolve({ problem: 'cannot be ended: an earlier run of it is still there', lastLine: null })
      }
      const spawned = spawnProgram(program.command)
      if (!spawned.ok) return Promise.resolve({ problem: reasonOf(spawned.code, spawned.reason), lastLine: null })
      const run = new Run(spawned.value, program, () => running.delete(name))
      running.set(name, run)
      return run.outcome
    },
    weaknessOf,
    close() {
      for (const run of running.values()) run.kill()
    },
  }
}

/** A program that runs. */
class Run {
  readonly #pid: number
  readonly #outputs: readonly Socket[]
  readonly #lines: () => string | null
  readonly #gone: () => void
  readonly #told = Promise.withResolvers<ProgramOutcome>()
  readonly #overdue: string
  #timedOut = false
  #lookMs = LOOK_MS.least
  #timers: { readonly look: NodeJS.Timeout; readonly end: NodeJS.Timeout }

  /** `gone`: it has ended. */
  constructor({ pid, stdin, stdout, stderr }: Spawned, { input, timeoutMs }: Program, gone: () => void) {
    this.#pid = pid
    this.#gone = gone
    this.#overdue = `was killed, since it took longer than ${timeoutMs} ms`
    this.#outputs = [stdout, stderr].map((fd) => new Socket({ fd, readable: true, writable: false }))
    this.#lines = lastLines(this.#outputs)
    for (const output of this.#outputs) output.once('close', () => this.#lookNow())
    const reader = new Socket({ fd: stdin, readable: false, writable: true })
    // Whoever reads none of it ends the pipe.
    reader.on('error', () => undefined)
    reader.end(input)
    reader.once('finish', () => reader.destroy())
    this.#timers = {
      look: setTimeout(() => this.#look(), LOOK_MS.least),
      end: setTimeout(() => this.#endIt(), timeoutMs),
    }
  }

  get outcome(): Promise<ProgramOutcome> {
    return this.#told.promise
  }

  /** With all that it has started, but for what has left the group. */
  kill(): void {
    try {
      process.kill(-this.#pid, 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
  }

  #endIt(): void {
    this.#timedOut = true
    this.kill()
    const end = setTimeout(() => this.#tell(`${this.#overdue}, and cannot be ended`), KILLED_WITHIN_MS)
    this.#timers = { ...this.#timers, end }
    this.#lookNow()
  }

  #lookNow(): void {
    this.#lookMs = LOOK_MS.least
    clearTimeout(this.#timers.look)
    this.#look()
  }

  #look(): void {
    const end = endOf(this.#pid)
    if (end !== undefined) {
      this.#ended('code' in end ? codeText(end.code) : `was ended by ${signalName(end.signal)}`)
      return
    }
    const look = setTimeout(() => this.#look(), this.#lookMs)
    this.#timers = { ...this.#timers, look }
    this.#lookMs = Math.min(LOOK_MS.most, 2 * this.#lookMs)
  }

  /** It is there no more; what it said last may have to be read yet. */
  #ended(problem: string | null): void {
    this.#gone()
    const left = this.#outputs.filter(({ closed }) => !closed)
    const tell = (): void => this.#tell(this.#timedOut ? this.#overdue : problem)
    for (const timer of Object.values(this.#timers)) clearTimeout(timer)
    for (const output of this.#outputs) output.removeAllListeners('close')
    if (left.length === 0) {
      tell()
      return
    }
    const lastWords = setTimeout(tell, LAST_WORDS_MS)
    let open = left.length
    for (const output of left) {
      output.once('close', () => {
        open -= 1
        if (open > 0) return
        clearTimeout(lastWords)
        tell()
      })
    }
  }

  #tell(problem: string | null): void {
    this.#told.resolve({ problem, lastLine: this.#lines() })
    for (const output of this.#outputs) output.destroy()
  }
}

const codeText = (code: number): string | null => (code === 0 ? null : `ended with ${code}`)

const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`

/** Reads all of it, so that nobody waits for room in the pipe, and keeps the last line. */
function lastLines(outputs: readonly Socket[]): () => string | null {
  let last: string | null = null
  let begun = ''
  for (const output of outputs) {
    output.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${begun}${text}`.split(/[\r\n]+/)
      begun = (lines.pop() ?? '').slice(0, LINE_CHARACTERS)
      last = lines.findLast((line) => line.trim() !== '') ?? last
    })
    output.on('error', () => undefined)
  }
  return () => {
    const line = begun.trim() === '' ? last : begun
    return line === null ? null : line.trim().slice(0, LINE_CHARACTERS)
  }
}

function reasonOf(code: string | undefined, reason: string): string {
  if (code === 'ENOENT') return 'is not there, or the program that its first line names is not'
  if (code === 'EACCES') return 'may not be executed'
  if (code === 'ENOEXEC') return 'is no program: a script needs a first line such as #!/bin/sh'
  return `cannot be run: ${reason}`
}

/** As keepalived's script security has it: what root runs, nobody else may write, nor replace by a directory above it. */
function weaknessOf(path: string): string | null {
  try {
    accessSync(path, fileConstants.X_OK)
    if (!statSync(path).isFile()) return `${path} is no file that can be run`
    if (process.getuid?.() !== 0) return null
    const file = realpathSync(path)
    for (let place = file; ; place = dirname(place)) {
      const { uid, gid, mode } = statSync(place)
      // In a sticky directory each may replace what is his own only.
      const writable = (mode & STICKY) !== 0 && place !== file ? 0 : mode & (gid === 0 ? 0o002 : BY_GROUP_OR_OTHERS)
      if (uid !== 0) return `${path} is run by root, and ${place} belongs to the user ${uid}: chown root ${place}`
      if (writable !== 0) return `${path} is run by root, and others may write ${place}: chmod go-w ${place}`
      if (place === '/') return null
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return `${path} ${code === 'ENOENT' ? 'is not there' : reasonOf(code, message)}`
  }
}
