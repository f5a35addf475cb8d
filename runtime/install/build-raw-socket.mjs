// Sees to it that the raw-socket addon loads in the Node.js that runs this script; else the installation fails.
//
// In a clone npm would build it with whatever headers its settings name, or with headers that it downloads: another ABI
// than the Node.js >= 24 that will load it, or no network. So package.json denies the addon's own install script
// (`allowScripts`), and it is built here, with the headers beside the running binary where they are. npm before
// version 11.16 knows no such denial, and builds it twice.
//
// A package has it built ahead, in `addons/PLATFORM-ARCHITECTURE-ABI`, and is built here for any other Node.js.

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const addons = fileURLToPath(new URL('../../addons', import.meta.url))
const isPackage = existsSync(addons)
const source = isPackage
  ? join(addons, 'source/raw-socket')
  : dirname(createRequire(import.meta.url).resolve('raw-socket/package.json'))
// As runtime/ports/raw-ip/linux/raw-ip-channel.ts looks for it.
const addon = isPackage
  ? join(addons, `${process.platform}-${process.arch}-${process.versions.modules}/raw-socket`)
  : source

function loads() {
  try {
    execFileSync(process.execPath, ['-e', `require(${JSON.stringify(addon)})`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function build() {
  // Set by npm for the scripts that it runs.
  const gyp = process.env.npm_config_node_gyp
  if (gyp === undefined) throw new Error('run it by npm: npm run postinstall')
  const nodeHome = dirname(dirname(process.execPath))
  const env = { ...process.env }
  // A setting of the user's for another Node.js; it would win over an argument.
  if (existsSync(join(nodeHome, 'include/node/node.h'))) env.npm_config_nodedir = nodeHome
  const nan = join(source, 'node_modules/nan')
  // npm packs nothing below a folder of that name, so it is beside it; one of somebody else's further up does not count.
  if (isPackage) cpSync(join(addons, 'source/nan'), nan, { recursive: true })
  execFileSync(process.execPath, [gyp, 'rebuild'], { cwd: source, env, stdio: ['ignore', 'pipe', 'pipe'] })
  if (!isPackage) return
  for (const file of ['index.js', 'package.json', 'build/Release/raw.node']) {
    cpSync(join(source, file), join(addon, file))
  }
  for (const folder of ['build', 'node_modules']) rmSync(join(source, folder), { recursive: true })
}

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`proxyha needs Node.js >= 24; this is ${process.version}. See README.md, "Requirements".`)
  // A clone has a Node.js of its own for its scripts, where npm could bring it.
  if (isPackage) process.exit(1)
} else if (!loads()) {
  try {
    build()
    if (!loads()) throw new Error('it was built but does not load')
  } catch (error) {
    console.error(`raw-socket: ${error.message}\n${error.stderr ?? ''}`)
    console.error(
      isPackage
        ? `No addon was built ahead for Node.js ${process.version} on ${process.arch} (they are for 24 and 26 on x64). Install one of these, or make, g++ and python3 (Debian: apt-get install make g++ python3), and try again.`
        : 'It needs make, g++ and python3 (Debian: apt-get install make g++ python3); then: npm run postinstall',
    )
    process.exit(1)
  }
}
