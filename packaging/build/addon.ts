import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Project } from './project.ts'
import { BuildError, run } from './run.ts'
import type { Tree } from './tree.ts'

/** A Node.js whose addons are built. */
export interface NodeHome {
  /** The folder with its `bin` and `include`. */
  readonly folder: string
  /** `NODE_MODULE_VERSION`: what of an addon fits which Node.js. */
  readonly abi: string
}

const NOT_OF_NAN = /^(doc|tools)\/|\.md$/

/** Reads which ABI the headers in a folder are of. */
export function nodeHome(folder: string): NodeHome {
  const header = readFileSync(join(folder, 'include/node/node_version.h'), 'utf8')
  const abi = /^#define NODE_MODULE_VERSION (\d+)/m.exec(header)?.[1]
  if (abi === undefined) throw new BuildError(`${folder}: its headers do not say which ABI they are of`)
  return { folder, abi }
}

/** Where a package has the addon for a Node.js, as runtime/ports/raw-ip/linux/raw-ip-channel.ts looks for it. */
export const addonFolder = (abi: string): string => `addons/linux-x64-${abi}/raw-socket`

/** Builds the addon for a Node.js and puts it in. `scratch`: a folder to build in. */
export function addAddon(project: Project, tree: Tree, { folder, abi }: NodeHome, scratch: string): void {
  const gyp = process.env.npm_config_node_gyp
  if (gyp === undefined) throw new BuildError('node-gyp comes with npm: run it as npm run package')
  const room = join(scratch, `addon-${abi}`)
  const build = join(room, 'raw-socket')
  // Nearer than any other.
  cpSync(project.at('node_modules/nan'), join(room, 'node_modules/nan'), { recursive: true, dereference: true })
  cpSync(project.at('node_modules/raw-socket'), build, {
    recursive: true,
    filter: (source) => !source.endsWith('/raw-socket/build'),
  })
  run(process.execPath, [gyp, 'rebuild', `--nodedir=${folder}`], {
    cwd: build,
    env: {
      ...process.env,
      // A setting of the user's for another Node.js would win over the argument.
      npm_config_nodedir: folder,
    },
  })
  run('strip', ['--strip-unneeded', join(build, 'build/Release/raw.node')])
  for (const file of ['index.js', 'package.json', 'build/Release/raw.node']) {
    tree.copy(join(build, file), `${addonFolder(abi)}/${file}`)
  }
}

/** Puts in what the addon is built of, for a Node.js that none of those built ahead fits. */
export function addAddonSource(project: Project, tree: Tree): void {
  tree.copyFolder(project.at('node_modules/raw-socket'), 'addons/source/raw-socket', (file) => {
    return /^(src\/|index\.js$|package\.json$|binding\.gyp$|README\.md$)/.test(file)
  })
  tree.copyFolder(project.at('node_modules/nan'), 'addons/source/nan', (file) => {
    return /^LICENSE/.test(file) || !NOT_OF_NAN.test(file)
  })
}
