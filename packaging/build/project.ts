import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BuildError, run } from './run.ts'

/** Of package.json, what the build goes by. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly type: string
  readonly bin: Readonly<Record<string, string>>
  readonly engines: Readonly<Record<string, string>>
  readonly os: readonly string[]
  readonly dependencies: Readonly<Record<string, string>>
}

/** A package of package-lock.json. */
export interface LockedPackage {
  readonly version: string
  readonly dev?: boolean
  readonly optional?: boolean
  /** Where it is for some systems only. */
  readonly os?: string | readonly string[]
  readonly license?: string
  readonly integrity?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** The clone that is packed. */
export interface Project {
  readonly root: string
  readonly manifest: Manifest
  readonly lock: Lock
  /** The path of something in it. */
  at(path: string): string
}

/** How a package is made. */
export interface Release {
  /** The time of all files, in seconds since 1970. */
  readonly epochS: number
  /** Packed quickly rather than well: for tests. */
  readonly isQuick: boolean
}

/** Reads the clone. `version`: instead of its own. */
export function readProject(version?: string): Project {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const at = (path: string) => join(root, path)
  const json = (path: string) => JSON.parse(readFileSync(at(path), 'utf8'))
  const manifest = json('package.json') as Manifest
  return { root, at, manifest: { ...manifest, version: version ?? manifest.version }, lock: json('package-lock.json') }
}

/** Seconds since 1970: what `SOURCE_DATE_EPOCH` says, else the time of the last commit. */
export function releaseTime({ root }: Project): number {
  const given = process.env.SOURCE_DATE_EPOCH
  const epochS = Number(given ?? run('git', ['log', '-1', '--format=%ct'], { cwd: root }))
  if (!Number.isSafeInteger(epochS)) throw new BuildError(`SOURCE_DATE_EPOCH: no number of seconds: ${given}`)
  return epochS
}
