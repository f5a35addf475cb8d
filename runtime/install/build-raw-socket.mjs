// Builds the raw-socket addon for the Node.js that runs this script.
//
// npm builds an addon with whatever headers its own settings name: under an older npm, or with a `nodedir` in the
// user's settings, that is another ABI than the Node.js >= 24 that will load it. So it is built once more here, with
// the headers beside the running binary where they are, and the result is loaded as proof.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const loads = () => {
  try {
    execFileSync(process.execPath, ['-e', 'require("raw-socket")'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`proxyha needs Node.js >= 24; this is ${process.version}. See README.md, "Requirements".`)
} else if (!loads()) {
  const nodeHome = dirname(dirname(process.execPath))
  const headers = existsSync(join(nodeHome, 'include/node/node.h')) ? { npm_config_nodedir: nodeHome } : {}
  const npm = process.env.npm_execpath
  const [command, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm']
  execFileSync(command, [...first, 'rebuild', 'raw-socket'], {
    cwd: dirname(dirname(require.resolve('raw-socket/package.json'))).replace(/\/node_modules$/, ''),
    env: { ...process.env, ...headers },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (!loads()) {
    console.error(
      'raw-socket was built but does not load. Install make, g++ and python3, then run: npm rebuild raw-socket',
    )
    process.exit(1)
  }
}
