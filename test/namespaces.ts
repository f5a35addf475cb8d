/**
 * Network namespaces for tests. Everything is made inside namespaces named `pha-<pid>-<n>`, veth pairs and bridges too, so
 * the machine's own interfaces are never touched. A test closes what it made; what a killed run left behind is swept at
 * the next start, by the names of processes that are gone.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, test } from 'vitest'

const NAMESPACE_FOLDER = '/run/netns'
const COMMAND_TIMEOUT_MS = 20_000
const RECENT_LINES = 200
/** Where gateways of a clone have theirs, too: the types of a script are stripped once, not at each start. */
const SCRIPTS = {
  ...process.env,
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/proxyha', import.meta.url)),
}
/** Of each namespace, where a test fails. */
const REPORTED_LINES = 25

export interface CommandResult {
  readonly code: number | string | null
  readonly stdout: string
  readonly stderr: string
}

/** A program that runs in a namespace and talks in lines on stdout. */
export interface RunningProgram {
  readonly process: ChildProcess
  /** The next line of stdout; rejects when the program ends first, with its stderr. */
  nextLine(): Promise<string>
  /** Ends it (SIGKILL unless told otherwise) and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

function ip(...parameters: readonly string[]): string {
  return execFileSync('ip', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** One network namespace with its loopback up. */
export class Namespace {
  readonly name: string
  /** What its programs have said last, for the report of a test that failed. */
  readonly recent: string[] = []
  readonly #programs = new Set<RunningProgram>()

  constructor(name: string) {
    this.name = name
    ip('netns', 'add', name)
    this.ip('link', 'set', 'lo', 'up')
  }

  /** `ip <parameters>` inside; its stdout. Throws with its stderr where it fails. */
  ip(...parameters: readonly string[]): string {
    return ip('-n', this.name, ...parameters)
  }

  /** Runs a program inside to its end. Never rejects: the outcome is in the result. */
  run(command: string, parameters: readonly string[] = [], env = process.env): Promise<CommandResult> {
    const options = { encoding: 'utf8', timeout: COMMAND_TIMEOUT_MS, killSignal: 'SIGKILL', env } as const
    return new Promise((resolve) => {
      execFile('ip', ['netns', 'exec', this.name, command, ...parameters], options, (error, stdout, stderr) =>
        resolve({ code: error ? (error.code ?? error.signal ?? null) : 0, stdout, stderr }),
      )
    })
  }

  /** Runs a script under this Node.js to its end and gives what it printed as JSON. Rejects with its stderr where it fails. */
  async runScript(script: URL, ...parameters: readonly string[]): Promise<unknown> {
    const result = await this.run(process.execPath, [script.pathname, ...parameters], SCRIPTS)
    if (result.code !== 0) throw new Error(`${script.pathname} ended with ${result.code}: ${result.stderr}`)
    return JSON.parse(result.stdout)
  }

  /** Starts a program inside that goes on running. */
  start(command: string, parameters: readonly string[] = [], env = process.env): RunningProgram {
    // `ip netns exec` execs the program, so the child's pid is the program's own.
    const child = spawn('ip', ['netns', 'exec', this.name, command, ...parameters], { stdio: 'pipe', env })
    const ended = once(child, 'close')
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-10_000)
    })
    const reader = createInterface({ input: child.stdout })
    reader.on('line', (line) => this.note(line))
    const lines = reader[Symbol.asyncIterator]()
    const program: RunningProgram = {
      process: child,
      async nextLine() {
        const line = await lines.next()
        if (line.done) throw new Error(`${command} ended before its next line: ${stderr}`)
        return line.value
      },
      async stop(signal = 'SIGKILL') {
        child.kill(signal)
        await ended
      },
    }
    this.#programs.add(program)
    return program
  }

  /** Keeps a line among those that were said last. */
  note(line: string): void {
    this.recent.push(line)
    if (this.recent.length > RECENT_LINES) this.recent.shift()
  }

  /** Starts a script under this Node.js. */
  startScript(script: URL, ...parameters: readonly string[]): RunningProgram {
    return this.start(process.execPath, [script.pathname, ...parameters], SCRIPTS)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#programs].map((program) => program.stop()))
    removeNamespace(this.name)
  }
}

/** The namespaces of one test file: `afterAll(() => namespaces.close())`. */
export class Namespaces {
  readonly #made: Namespace[] = []

  create(): Namespace {
    let number = 1
    while (existsSync(`${NAMESPACE_FOLDER}/pha-${process.pid}-${number}`)) number++
    const namespace = new Namespace(`pha-${process.pid}-${number}`)
    this.#made.push(namespace)
    return namespace
  }

  /** A veth pair whose ends are called as told and are up; addresses like `10.77.0.1/24` are put on where given. */
  connect(
    from: { readonly namespace: Namespace; readonly device: string; readonly address?: string },
    to: { readonly namespace: Namespace; readonly device: string; readonly address?: string },
  ): void {
    const peer = ['peer', 'name', to.device, 'netns', to.namespace.name]
    from.namespace.ip('link', 'add', from.device, 'type', 'veth', ...peer)
    for (const end of [from, to]) {
      if (end.address) end.namespace.ip('address', 'add', end.address, 'dev', end.device)
      end.namespace.ip('link', 'set', end.device, 'up')
    }
  }

  /**
   * One subnet: a bridge `br0` in a namespace of its own, and for each address a namespace with that address on `eth0`.
   * The bridge's port of member i (from 0) is `port<i>`.
   */
  subnet(...addresses: readonly string[]): { readonly bridge: Namespace; readonly members: readonly Namespace[] } {
    const bridge = this.create()
    bridge.ip('link', 'add', 'br0', 'type', 'bridge')
    bridge.ip('link', 'set', 'br0', 'up')
    const members = addresses.map((address, index) => {
      const namespace = this.create()
      const device = `port${index}`
      this.connect({ namespace, device: 'eth0', address }, { namespace: bridge, device })
      bridge.ip('link', 'set', device, 'master', 'br0')
      return namespace
    })
    return { bridge, members }
  }

  /** What was said last in each of them. */
  report(): string {
    const saidIn = ({ name, recent }: Namespace) => [`${name}:`, ...recent.slice(-REPORTED_LINES)].join('\n  ')
    return this.#made
      .filter(({ recent }) => recent.length > 0)
      .map(saidIn)
      .join('\n')
  }

  /** Ends every program that was started inside, then removes the namespaces and with them all their interfaces. */
  async close(): Promise<void> {
    await Promise.all(this.#made.splice(0).map((namespace) => namespace.close()))
  }
}

function removeNamespace(name: string): void {
  for (const pid of ip('netns', 'pids', name).split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
  }
  ip('netns', 'delete', name)
}

/** Removes the namespaces of test processes that no longer run, with whatever still runs in them. */
export function sweepNamespaces(): void {
  if (!existsSync(NAMESPACE_FOLDER)) return
  for (const name of readdirSync(NAMESPACE_FOLDER)) {
    const pid = /^pha-(\d+)-\d+$/.exec(name)?.[1]
    if (!pid || existsSync(`/proc/${pid}`)) continue
    try {
      removeNamespace(name)
    } catch {
      // Another test process swept it first.
    }
  }
}

/** Why this machine cannot make namespaces; undefined where it can. */
function findObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  try {
    ip('-V')
  } catch {
    return 'needs iproute2'
  }
  const probe = `pha-${process.pid}-0`
  try {
    ip('netns', 'add', probe)
    ip('netns', 'delete', probe)
  } catch {
    return 'needs CAP_SYS_ADMIN to make network namespaces'
  }
  sweepNamespaces()
  return undefined
}

/**
 * A `describe` for tests that need namespaces. Where the machine cannot make them (or lacks one of `programs`) the whole
 * block is skipped and its title says what is missing; with CI=true it fails instead, so that CI cannot pass by skipping.
 */
export function describeInNamespaces(
  title: string,
  options: { readonly programs?: readonly string[] },
  body: (namespaces: Namespaces) => void,
): void {
  const missing = (options.programs ?? []).filter((program) => !isInstalled(program))
  const obstacle = findObstacle() ?? (missing.length > 0 ? `needs ${missing.join(', ')}` : undefined)
  if (obstacle === undefined) {
    describe(title, () => {
      const namespaces = new Namespaces()
      afterEach(({ task }) => {
        if (task.result?.state === 'fail') console.error(namespaces.report())
      })
      body(namespaces)
    })
  } else if (process.env.CI === 'true') {
    test(`${title} (${obstacle})`, () => {
      throw new Error(`CI must not skip: ${obstacle}`)
    })
  } else {
    describe.skip(`${title} (skipped: ${obstacle})`, () => body(new Namespaces()))
  }
}

/** Whether there is such a program, also where an ordinary user's PATH does not lead. */
export function isInstalled(program: string): boolean {
  const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
  return [...(process.env.PATH ?? '').split(':'), ...folders].some((folder) => existsSync(`${folder}/${program}`))
}
