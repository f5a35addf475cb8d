/** A cgroup that limits the CPU, of whichever version this machine has, for tests of what a container does. */
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'

const PERIOD_US = 100_000
const NAME = /^pha-cpu-(\d+)$/

/** Where the hierarchies that have the CPU are on this machine, and how each is mounted anew. */
interface Hierarchy {
  readonly folder: string
  readonly mount: readonly string[]
}

/** A limit of the CPU for processes that are started through it. Closed, or with its process gone, it is taken away. */
export class LimitedCpu {
  readonly #name = `pha-cpu-${process.pid}`
  readonly #cores: number
  readonly #hierarchies: readonly Hierarchy[]

  private constructor(cores: number, hierarchies: readonly Hierarchy[]) {
    this.#cores = cores
    this.#hierarchies = hierarchies
  }

  /** Undefined where this machine has no cgroup that limits the CPU, or lets nobody make one. */
  static of(cores: number): LimitedCpu | undefined {
    const hierarchies = version2() ?? version1()
    if (hierarchies === undefined) return undefined
    sweep(hierarchies)
    return new LimitedCpu(cores, hierarchies)
  }

  /**
   * Words that go before a command. `ip netns exec` has given it a /sys without cgroups: they are mounted again, as a container has them.
   */
  get words(): readonly string[] {
    const quota = Math.round(this.#cores * PERIOD_US)
    const script = [
      'mount -t tmpfs tmpfs /sys/fs/cgroup',
      ...this.#hierarchies.flatMap(({ folder, mount }) => [
        `mkdir -p ${folder}`,
        `mount ${mount.join(' ')} ${folder}`,
        `mkdir -p ${folder}/${this.#name}`,
        `cd ${folder}/${this.#name}`,
        `if [ -e cpu.max ]; then echo "${quota} ${PERIOD_US}" >cpu.max; fi`,
        `if [ -e cpu.cfs_quota_us ]; then echo ${PERIOD_US} >cpu.cfs_period_us; echo ${quota} >cpu.cfs_quota_us; fi`,
        'echo $$ >cgroup.procs',
      ]),
      'cd /',
      'exec "$@"',
    ]
    return ['sh', '-ec', script.join('\n'), 'sh']
  }

  /** Its processes have to be gone. */
  close(): void {
    for (const { folder } of this.#hierarchies) remove(`${folder}/${this.#name}`)
  }
}

function version2(): readonly Hierarchy[] | undefined {
  const folder = '/sys/fs/cgroup'
  const hasCpu =
    existsSync(`${folder}/cgroup.subtree_control`) &&
    /\bcpu\b/.test(readFileSync(`${folder}/cgroup.subtree_control`, 'utf8'))
  return hasCpu ? [{ folder, mount: ['-t', 'cgroup2', 'cgroup2'] }] : undefined
}

/** `cpu` and `cpuacct` are one hierarchy or two. */
function version1(): readonly Hierarchy[] | undefined {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').matchAll(/^\d+:([^:\n]+):/gm)
  const mounted = [...lines].flatMap(([, controllers = '']): readonly Hierarchy[] => {
    const [name] = controllers.split(',').filter((controller) => controller === 'cpu' || controller === 'cpuacct')
    const folder = `/sys/fs/cgroup/${name}`
    return name !== undefined && existsSync(folder)
      ? [{ folder, mount: ['-t', 'cgroup', '-o', controllers, 'cgroup'] }]
      : []
  })
  return mounted.some(({ folder }) => existsSync(`${folder}/cpu.cfs_quota_us`)) ? mounted : undefined
}

/** What a killed run left behind. */
function sweep(hierarchies: readonly Hierarchy[]): void {
  for (const { folder } of hierarchies) {
    for (const entry of readdirSync(folder)) {
      const [, pid] = NAME.exec(entry) ?? []
      if (pid !== undefined && !existsSync(`/proc/${pid}`)) remove(`${folder}/${entry}`)
    }
  }
}

function remove(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // It is not there, or still in use: the next run sweeps it.
  }
}
