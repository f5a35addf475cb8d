import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { backendHosts, clientHost, directorHost, topology } from './network.ts'

/** Unit of the times in /proc/stat (proc(5)). */
const ticksPerSecond = 100
const coresPerWord = 32
/** Counted before this process is itself kept to some of them. */
const cores = availableParallelism()
const directorCore = cores - 1

/**
 * Gives the director a core of its own, the last one. What the kernel forwards is done in softirqs, which are in no process's
 * account, so the core's is taken: the time that it was not idle is the director's, whatever it was spent on. For that
 * everything in the director's namespace runs on it, and the packets that reach its interface are processed there (RPS).
 * All others are kept to the other cores, with the work of the bridge behind the director's cable, as a switch is a
 * device of its own. The way straight to the backend shows what little else the core does.
 *
 * @throws Error where the kernel refuses: RPS needs a sysfs of one's own, which a rootless container may not mount
 */
export function isolateDirector(): void {
  if (cores < 2) throw new Error('the director cannot have a core of its own: there is only one')
  const others = Array.from({ length: cores - 1 }, (_, core) => core)
  const atDirector = new Set(run('ip', ['netns', 'pids', directorHost]).split('\n'))
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    pin(pid, atDirector.has(pid) ? [directorCore] : others)
  }
  for (const host of [clientHost, ...backendHosts]) setReceiver(host, 'eth0', others)
  setReceiver(directorHost, 'eth0', [directorCore])
  for (const name of Object.keys(topology.hosts)) setReceiver(undefined, `to-${name}`, others)
}

/** Seconds for which the director's core was not idle, since a moment that is always the same. */
export function directorBusySeconds(): number {
  return performance.now() / 1000 - parseIdle(readFileSync('/proc/stat', 'utf8'), directorCore)
}

/** The idle seconds of a core in /proc/stat: fields 4 (idle) and 5 (waiting for a disk). The kernel measures them, where it samples the others. */
export function parseIdle(stat: string, core: number): number {
  const fields = new RegExp(`^cpu${core} (.*)$`, 'm').exec(stat)?.[1]?.split(' ')
  if (fields === undefined) throw new Error(`/proc/stat has no core ${core}`)
  return (Number(fields[3]) + Number(fields[4])) / ticksPerSecond
}

/** Cores as the kernel takes a set of them: hexadecimal words of 32, the highest first. */
export function coreMask(set: readonly number[]): string {
  const words = Array.from({ length: Math.floor(Math.max(...set) / coresPerWord) + 1 }, () => 0)
  for (const core of set) {
    const word = Math.floor(core / coresPerWord)
    words[word] = (words[word] ?? 0) + 2 ** (core % coresPerWord)
  }
  return words
    .reverse()
    .map((word) => word.toString(16).padStart(8, '0'))
    .join(',')
}

function pin(pid: string, set: readonly number[]): void {
  try {
    run('taskset', ['-a', '-c', '-p', set.join(','), pid])
  } catch (error) {
    // One that has ended meanwhile needs no core.
    if (readdirSync('/proc').includes(pid)) throw error
  }
}

/** Which cores process what an interface receives; `host` undefined: on the bridge. */
function setReceiver(host: string | undefined, device: string, set: readonly number[]): void {
  const write = `mount -t sysfs sysfs /sys && echo ${coreMask(set)} > /sys/class/net/${device}/queues/rx-0/rps_cpus`
  const inside = host === undefined ? [] : [`--net=/run/netns/${host}`]
  run('nsenter', [...inside, '--', 'unshare', '-m', 'sh', '-c', write])
}

const run = (command: string, args: readonly string[]) => execFileSync(command, args, { encoding: 'utf8' })
