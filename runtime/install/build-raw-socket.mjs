// Builds the raw-socket addon for the Node.js that runs this script.
//
// Left to itself npm builds it with whatever headers its settings name, or with headers that it downloads: another ABI
// than the Node.js >= 24 that will load it, or no network. So package.json denies the addon's own install script
// (`allowScripts`), and it is built here, with the headers beside the running binary where they are. npm before
// version 11.16 knows no such denial, and builds it twice.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const addon = dirname(require.resolve('raw-socket/package.json'))

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
  execFileSync(process.execPath, [gyp, 'rebuild'], { cwd: addon, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`proxyha needs Node.js >= 24; this is ${process.version}. See README.md, "Requirements".`)
} else if (!loads()) {
  try {
    build()
    if (!loads()) throw new Error('it was built but does not load')
  } catch (error) {
    console.error(`raw-socket: ${error.message}\n${error.stderr ?? ''}`)
    console.error(
      'It needs make, g++ and python3 (Debian: apt-get install make g++ python3); then: npm run postinstall',
    )
    process.exit(1)
  }
}
