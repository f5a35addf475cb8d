import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:net'
import { createInterface } from 'node:readline'
import { programPath } from './sandbox.ts'

/** How to start a process on a host of the lab. */
export interface Launch {
  readonly host: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Each line of its stdout and stderr. */
  readonly onLine?: (line: string) => void
}

/** A process that we started on a host, from its start to its end. */
export interface HostProcess {
  readonly pid: number
  readonly running: boolean
  /** Resolves with its exit code (or null after a signal) when it ends. */
  readonly ended: Promise<number | null>
  /** Resolves when it has ended and all that it wrote and sent has been seen. */
  readonly closed: Promise<void>
  signal(name: NodeJS.Signals): void
  /** Signals it, and waits for its end. */
  end(name?: NodeJS.Signals): Promise<unknown>
  /** Sends a message to a program started by `startProgram`. */
  send(message: object): void
  /** Hands such a program a socket that listens; resolves when that is the program's alone. */
  hand(listener: Server): Promise<void>
}

/** Lines kept of what a process wrote, for the moment when something goes wrong. */
const keptLines = 200

/** Starts a command in the network namespace of a host. */
export function startProcess(launch: Launch): HostProcess {
  return watch(spawnOn(launch, ['ignore', 'pipe', 'pipe']), launch)
}

/** Who hears what a program sends, and each line of its stdout and stderr. */
interface Listeners<Message> {
  readonly onMessage?: (message: Message) => void
  readonly onLine?: (line: string) => void
}

/** Starts one of our own programs on a host, with a message channel. */
export function startProgram<Message>(
  host: string,
  program: URL,
  args: readonly string[],
  { onMessage = () => {}, onLine = () => {} }: Listeners<Message> = {},
): HostProcess {
  const launch: Launch = {
    host,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', programPath(program), ...args],
    onLine,
  }
  const child = spawnOn(launch, ['ignore', 'pipe', 'pipe', 'ipc'])
  child.on('message', (message) => onMessage(message as Message))
  return watch(child, launch)
}

function spawnOn(launch: Launch, stdio: ('ignore' | 'pipe' | 'ipc')[]): ChildProcess {
  // nsenter, not `ip netns exec`: it needs no sysfs mount, which a rootless container refuses; and it execs, so the PID
  // is the command's own.
  const args = [`--net=/run/netns/${launch.host}`, '--', launch.command, ...launch.args]
  return spawn('nsenter', args, { stdio, env: { ...process.env, ...launch.env } })
}

function watch(child: ChildProcess, launch: Launch): HostProcess {
  const outputs = [child.stdout, child.stderr].map(async (stream) => {
    if (!stream) return
    for await (const line of createInterface({ input: stream })) launch.onLine?.(line)
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return {
    pid: child.pid ?? -1,
    get running() {
      return child.exitCode === null && child.signalCode === null
    },
    ended,
    closed: Promise.all([once(child, 'close'), ...outputs]).then(() => {}),
    signal: (name) => void child.kill(name),
    end: (name = 'SIGKILL') => {
      child.kill(name)
      return ended
    },
    send: (message) => {
      // A program that has just ended takes no messages any more; its end is reported by `ended`.
      if (child.connected) child.send(message, () => {})
    },
    hand: (listener) =>
      new Promise((resolve) => {
        child.send('listener', listener, {}, () => {
          listener.close()
          resolve()
        })
      }),
  }
}

/** The last lines that a process wrote. */
export class Tail {
  #lines: string[] = []

  readonly add = (line: string): void => {
    this.#lines.push(line)
    if (this.#lines.length > keptLines) this.#lines.shift()
  }

  last(count: number): readonly string[] {
    return this.#lines.slice(-count)
  }
}
