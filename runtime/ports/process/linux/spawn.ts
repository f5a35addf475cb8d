import { closeSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import koffi from 'koffi'
import { type Result, refused } from '../../result.ts'

/**
 * A child by posix_spawn, as glibc and musl have it: it borrows the memory of this process until it is another program (CLONE_VM,
 * CLONE_VFORK). Node's own way is fork, which copies the page tables of a process of 240 MB in 14 ms. Meanwhile no other thread can have
 * a page; where the one that forks is not scheduled, since the host is busy, the threads of the election wait for it, real-time or not.
 */

const libc = koffi.load(null)
const pipe2: (ends: number[], flags: number) => number = libc.func('int pipe2(_Out_ int *ends, int flags)')
const posixSpawn: (
  pid: number[],
  path: string,
  actions: Buffer,
  attributes: Buffer,
  argv: readonly (string | null)[],
  envp: readonly (string | null)[],
) => number = libc.func(
  'int posix_spawn(_Out_ int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **envp)',
)
const actionsInit: (actions: Buffer) => number = libc.func('int posix_spawn_file_actions_init(void *actions)')
const actionsDestroy: (actions: Buffer) => number = libc.func('int posix_spawn_file_actions_destroy(void *actions)')
const addDup2: (actions: Buffer, from: number, to: number) => number = libc.func(
  'int posix_spawn_file_actions_adddup2(void *actions, int from, int to)',
)
const attributesInit: (attributes: Buffer) => number = libc.func('int posix_spawnattr_init(void *attributes)')
const setFlags: (attributes: Buffer, flags: number) => number = libc.func(
  'int posix_spawnattr_setflags(void *attributes, short flags)',
)
const setSigdefault: (attributes: Buffer, signals: Buffer) => number = libc.func(
  'int posix_spawnattr_setsigdefault(void *attributes, void *signals)',
)
const setSigmask: (attributes: Buffer, signals: Buffer) => number = libc.func(
  'int posix_spawnattr_setsigmask(void *attributes, void *signals)',
)
const waitpid: (pid: number, status: number[], options: number) => number = libc.func(
  'int waitpid(int pid, _Out_ int *status, int options)',
)

/** <spawn.h> of glibc and musl: more than posix_spawn_file_actions_t (80 bytes) and posix_spawnattr_t (336 bytes) have. */
const STRUCTURE_BYTES = 512
/** sigset_t. */
const SIGNALS_BYTES = 128
const POSIX_SPAWN_SETSIGDEF = 0x04
const POSIX_SPAWN_SETSIGMASK = 0x08
const POSIX_SPAWN_SETSID = 0x80
/** <fcntl.h> and <sys/wait.h>, x86-64 and arm64. */
const O_CLOEXEC = 0o2000000
const WNOHANG = 1

/** A child, and this side's ends of its pipes, which whoever has it closes. */
export interface Spawned {
  readonly pid: number
  readonly stdin: number
  readonly stdout: number
  readonly stderr: number
}

/**
 * Runs a program, by its path, in a session and a process group of its own, with the environment of this process. Refusals: an errno name;
 * what is wrong with the program itself is known at once (ENOENT, EACCES, ENOEXEC).
 */
export function spawnProgram(command: readonly string[]): Result<Spawned> {
  const [path = ''] = command
  if (command.some((word) => word.includes('\0'))) return refused('EINVAL', 'a word of it has a NUL')
  const pipes = threePipes()
  if (!pipes.ok) return pipes
  const [input, output, errors] = pipes.value
  const actions = Buffer.alloc(STRUCTURE_BYTES)
  actionsInit(actions)
  for (const [target, end] of [input[0], output[1], errors[1]].entries()) addDup2(actions, end, target)
  const environment = Object.entries(process.env).map(([name, value]) => `${name}=${value}`)
  const pid = [0]
  const code = posixSpawn(pid, path, actions, attributes(), [...command, null], [...environment, null])
  actionsDestroy(actions)
  for (const end of [input[0], output[1], errors[1]]) closeSync(end)
  if (code === 0) return { ok: true, value: { pid: pid[0]!, stdin: input[1], stdout: output[0], stderr: errors[0] } }
  for (const end of [input[1], output[0], errors[0]]) closeSync(end)
  const name = getSystemErrorName(-code)
  return refused(name, name)
}

/** How a child has ended; undefined while it has not. To be asked for by one, and no more once it was told. */
export function endOf(pid: number): { readonly code: number } | { readonly signal: number } | undefined {
  const status = [0]
  if (waitpid(pid, status, WNOHANG) !== pid) return undefined
  const signal = status[0]! & 0x7f
  return signal === 0 ? { code: (status[0]! >> 8) & 0xff } : { signal }
}

type Pipe = readonly [readEnd: number, writeEnd: number]

function threePipes(): Result<readonly [Pipe, Pipe, Pipe]> {
  const made: Pipe[] = []
  for (let count = 0; count < 3; count++) {
    const ends = [0, 0]
    if (pipe2(ends, O_CLOEXEC) !== 0) {
      for (const end of made.flat()) closeSync(end)
      return refused('EMFILE', 'no pipe can be made: too many files are open')
    }
    made.push([ends[0]!, ends[1]!])
  }
  return { ok: true, value: made as unknown as readonly [Pipe, Pipe, Pipe] }
}

/** Signals as a program that is started expects them: Node.js ignores some. */
function attributes(): Buffer {
  const made = Buffer.alloc(STRUCTURE_BYTES)
  attributesInit(made)
  setSigdefault(made, Buffer.alloc(SIGNALS_BYTES, 0xff))
  setSigmask(made, Buffer.alloc(SIGNALS_BYTES))
  setFlags(made, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID)
  return made
}
