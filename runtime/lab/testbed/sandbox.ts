import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { type Server, Socket } from 'node:net'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * A sandbox is a process in fresh user (unless root), mount, network and PID namespaces:
 *
 *     caller ── pipe at fd 3 ──> unshare ──fork──> program (PID 1)  ──> everything it starts
 *
 * It is PID 1, so the kernel kills all that it started when it ends, however it ends; with the last process the network
 * and mount namespaces go, and with them every interface, address and file on the tmpfs. When the caller dies, even by
 * kill -9, the pipe closes and the program ends. So there is no state to clean up, and none to leave behind.
 */
export interface SandboxOptions {
  /** The TypeScript program to run inside; it calls `settleInSandbox` first. */
  readonly program: URL
  readonly args: readonly string[]
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** What listens in the network of the caller, by name: the program gets each as a message of that name, and takes its connections. */
  readonly listeners?: ReadonlyMap<string, Server>
}

/** Where a program puts its files: the sandbox's own tmpfs. */
export const sandboxDirectory = '/run/sandbox'

const lifetimeFd = 3
/** How long the program may take to end in order after it was asked to. */
const patienceMs = 5000
/** Where Debian keeps `ip`, which an ordinary user's PATH lacks. */
const searchPath = `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`

/** The flags of `unshare`, by preference: plain where the caller has the capabilities, else with a user namespace. */
export function unshareFlags(root: boolean): readonly (readonly string[])[] {
  const always = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc']
  const rootless = ['--user', '--map-root-user', ...always]
  return root ? [always, rootless] : [rootless]
}

export type Prepared =
  | { readonly ok: true; readonly flags: readonly string[] }
  | { readonly ok: false; readonly reason: string }

/** What was tried and what it gave: `undefined` when it worked, else what it said. */
export type Attempt = (command: string, args: readonly string[]) => string | undefined

/** Finds the flags that work here, or says what is missing and how to get it. */
export function prepareSandbox(root: boolean, attempt: Attempt = run): Prepared {
  if (attempt('ip', ['-V']) !== undefined) {
    if (root) installIproute2(attempt)
    if (attempt('ip', ['-V']) !== undefined) {
      return {
        ok: false,
        reason: 'needs the command ip of iproute2. On Debian and Ubuntu: sudo apt-get install iproute2',
      }
    }
  }
  const refusals: string[] = []
  for (const flags of unshareFlags(root)) {
    const refusal = attempt('unshare', [...flags, 'ip', 'link', 'add', 'probe', 'type', 'bridge'])
    if (refusal === undefined) return { ok: true, flags }
    refusals.push(refusal)
  }
  return { ok: false, reason: `cannot make namespaces here: ${refusals.join('; ')}. ${adviceOn(root)}` }
}

function installIproute2(attempt: Attempt): void {
  const install = ['-y', '--no-install-recommends', 'install', 'iproute2']
  if (attempt('apt-get', install) === undefined) return
  // A fresh container has no package lists yet.
  if (attempt('apt-get', ['update']) === undefined) attempt('apt-get', install)
}

function adviceOn(root: boolean): string {
  return root
    ? 'In a container, start it with --privileged, or with --cap-add SYS_ADMIN,NET_ADMIN,NET_RAW --security-opt seccomp=unconfined'
    : 'Allow user namespaces (sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu, ' +
        'kernel.unprivileged_userns_clone=1 or user.max_user_namespaces=10000 elsewhere), or run it as root'
}

function run(command: string, args: readonly string[]): string | undefined {
  const { error, status, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: searchPath },
  })
  if (error) return `${command}: ${error.message}`
  return status === 0 ? undefined : `${command}: ${stderr.trim().split('\n').at(-1) ?? ''}`
}

/** Whether a command is there, by running it with a flag that only prints. */
export function isInstalled(command: string, flag: string): boolean {
  return run(command, [flag]) === undefined
}

/** Runs the program in a sandbox until it ends; its exit code, or 1 with a line on stderr where no sandbox can be made. */
export async function runInSandbox(options: SandboxOptions): Promise<number> {
  const { listeners = new Map<string, Server>(), stderr } = options
  const prepared = prepareSandbox(process.getuid?.() === 0)
  if (!prepared.ok) {
    for (const listener of listeners.values()) listener.close()
    stderr.write(`${prepared.reason}\n`)
    return 1
  }
  const child = spawnInside(prepared.flags, options)
  // Once the program has it, what comes is not for us. One that has ended takes none.
  for (const [name, listener] of listeners) child.send(name, listener, {}, () => listener.close())
  return guard(child)
}

function spawnInside(
  flags: readonly string[],
  { program, args, stdout, stderr, listeners }: SandboxOptions,
): ChildProcess {
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', programPath(program), ...args]
  const child = spawn('unshare', [...flags, '--', ...command], {
    // Keys are read from the caller's terminal; its output goes straight there, too, unless it is captured.
    stdio: [
      'inherit',
      wire(stdout, process.stdout),
      wire(stderr, process.stderr),
      'pipe',
      ...(listeners === undefined ? [] : (['ipc'] as const)),
    ],
    env: { ...process.env, PATH: searchPath },
  })
  child.stdout?.pipe(stdout, { end: false })
  child.stderr?.pipe(stderr, { end: false })
  return child
}

/** Ends the child in order when we are asked to end, and by force when it does not. */
function guard(child: ChildProcess): Promise<number> {
  const lifetime = child.stdio[lifetimeFd]
  // A program that ended first has closed the pipe: nothing is lost.
  lifetime?.on('error', () => {})
  const end = () => {
    lifetime?.destroy()
    setTimeout(() => child.kill('SIGKILL'), patienceMs).unref()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, end)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      for (const signal of signals) process.off(signal, end)
      resolve(code ?? 1)
    })
  })
}

function wire(stream: NodeJS.WritableStream, own: NodeJS.WritableStream): 'inherit' | 'pipe' {
  return stream === own ? 'inherit' : 'pipe'
}

/**
 * The first act of a program inside a sandbox: gives it a /run of its own, where `ip netns` and the program keep their
 * files, and calls `end` once when it should stop: its caller has gone or wants it, or a signal came.
 */
export function settleInSandbox(end: () => void): void {
  const refusal = run('mount', ['-t', 'tmpfs', 'tmpfs', '/run'])
  if (refusal !== undefined) throw new Error(refusal)
  mkdirSync(sandboxDirectory, { recursive: true, mode: 0o755 })
  let ended = false
  const once = () => {
    if (!ended) end()
    ended = true
  }
  const lifetime = new Socket({ fd: lifetimeFd, readable: true, writable: false })
  lifetime.on('close', once).on('error', once).resume()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, once)
}

/** The file of a program beside its importer: `.ts` in a clone, `.js` in an installed package. */
export function programPath(program: URL): string {
  return fileURLToPath(program).replace(/\.ts$/, extname(fileURLToPath(import.meta.url)))
}
