import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { LINE_CHARACTERS, type Program, type ProgramOutcome, type Programs } from '../programs.ts'

/** After its end a program's last words may still be in the pipe; whoever it has left behind may hold that open for ever. */
const LAST_WORDS_MS = 200
/** From SIGKILL until a program counts as one that cannot be ended. */
const KILLED_WITHIN_MS = 1000
const BY_GROUP_OR_OTHERS = 0o022
const STICKY = 0o1000

/** Each in a session, and so a process group, of its own. */
export function openLinuxPrograms(): Programs {
  const running = new Map<string, ChildProcess>()
  return {
    run(name, program) {
      if (running.has(name)) {
        return Promise.resolve({ problem: 'cannot be ended: an earlier run of it is still there', lastLine: null })
      }
      const { promise, resolve } = Promise.withResolvers<ProgramOutcome>()
      start(program, resolve, {
        begun: (child) => running.set(name, child),
        ended: () => running.delete(name),
      })
      return promise
    },
    weaknessOf,
    close() {
      for (const child of running.values()) killGroup(child)
    },
  }
}

interface Tracking {
  begun(child: ChildProcess): void
  ended(): void
}

function start(program: Program, tell: (outcome: ProgramOutcome) => void, tracking: Tracking): void {
  const { timeoutMs, input } = program
  const [path = '', ...words] = program.command
  let child: ChildProcess
  try {
    child = spawn(path, words, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  } catch (error) {
    tell({ problem: reasonOf(error as NodeJS.ErrnoException), lastLine: null })
    return
  }
  tracking.begun(child)
  let timedOut = false
  const lines = lastLines([child.stdout, child.stderr])
  const end = (problem: string | null): void => {
    for (const timer of timers) clearTimeout(timer)
    tell({ problem, lastLine: lines() })
  }
  const overdue = `was killed, since it took longer than ${timeoutMs} ms`
  const timers = [
    setTimeout(() => {
      timedOut = true
      killGroup(child)
      timers.push(setTimeout(() => end(`${overdue}, and cannot be ended`), KILLED_WITHIN_MS))
    }, timeoutMs),
  ]
  child.once('error', (error: NodeJS.ErrnoException) => {
    tracking.ended()
    end(reasonOf(error))
  })
  child.once('exit', () => {
    tracking.ended()
    const drained = setTimeout(() => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    }, LAST_WORDS_MS)
    child.once('close', () => clearTimeout(drained))
  })
  child.once('close', (code, signal) => {
    const ended = code === 0 ? null : code === null ? `was ended by ${signal}` : `ended with ${code}`
    end(timedOut ? overdue : ended)
  })
  // Whoever reads none of it ends the pipe.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
}

/** With all that it has started, but for what has left the group. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Reads all of it, so that nobody waits for room in the pipe, and keeps the last line. */
function lastLines(outputs: readonly (Readable | null)[]): () => string | null {
  let last: string | null = null
  let begun = ''
  for (const output of outputs) {
    output?.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${begun}${text}`.split(/[\r\n]+/)
      begun = (lines.pop() ?? '').slice(0, LINE_CHARACTERS)
      last = lines.findLast((line) => line.trim() !== '') ?? last
    })
    output?.on('error', () => undefined)
  }
  return () => {
    const line = begun.trim() === '' ? last : begun
    return line === null ? null : line.trim().slice(0, LINE_CHARACTERS)
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'is not there, or the program that its first line names is not'
  if (code === 'EACCES') return 'may not be executed'
  return `cannot be run: ${message}`
}

/** As keepalived's script security has it: what root runs, nobody else may write, nor replace by a directory above it. */
function weaknessOf(path: string): string | null {
  try {
    accessSync(path, constants.X_OK)
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
    const reason = reasonOf(error as NodeJS.ErrnoException)
    return `${path} ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : reason}`
  }
}
