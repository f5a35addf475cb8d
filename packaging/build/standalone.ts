import { join } from 'node:path'
import { generatedFiles } from '../generated-files.ts'
import { addonFolder, type NodeHome } from './addon.ts'
import { addDependencies, packedManifest } from './dependencies.ts'
import type { Project, Release } from './project.ts'
import { BuildError, run } from './run.ts'
import type { Tree } from './tree.ts'

/** Of the npm package: what only who compiles, installs or reads needs. */
const NOT_RUN = /\.d\.ts$|^(package|npm-shrinkwrap)\.json$|^[A-Z]+\.md$|^(addons|docs)\//

/**
 * Makes of the npm package's tree one that needs neither npm nor a Node.js of the host: with its dependencies, and with a Node.js
 * of its own as `bin/node`, where `bin/proxyha` looks first.
 */
export function addStandalone(project: Project, npmTree: Tree, tree: Tree, node: NodeHome): void {
  tree.copyFolder(npmTree.root, '', (file) => !NOT_RUN.test(file))
  tree.copyFolder(npmTree.at(addonFolder(node.abi)), addonFolder(node.abi))
  // `proxyha --version` reads it; nobody installs by it.
  const { scripts: _, ...manifest } = packedManifest(project.manifest)
  tree.write('package.json', `${JSON.stringify(manifest, null, 2)}\n`)
  addDependencies(project, tree)
  tree.copy(join(node.folder, 'bin/node'), 'bin/node')
  tree.copy(join(node.folder, 'LICENSE'), 'LICENSE.node')
  // A fifth of it are the names of its functions, which only a debugger reads.
  run('strip', ['--strip-unneeded', tree.at('bin/node')])
}

/** What is generated, and what is written by hand in `packaging/systemd/`: where a system has it, below its root. */
const GENERATED: Readonly<Record<string, string>> = {
  'proxyha.8': 'usr/share/man/man8/proxyha.8',
  'gateway.yaml.5': 'usr/share/man/man5/gateway.yaml.5',
  'proxyha.bash': 'usr/share/bash-completion/completions/proxyha',
  _proxyha: 'usr/share/zsh/vendor-completions/_proxyha',
}
const SYSTEMD: Readonly<Record<string, string>> = {
  'proxyha.service': 'usr/lib/systemd/system/proxyha.service',
  'proxyha.sysusers': 'usr/lib/sysusers.d/proxyha.conf',
}

/** Puts in the manual, the completions, the unit and its user, at the paths of a system. */
export async function addSystemFiles(project: Project, tree: Tree, { epochS }: Release): Promise<void> {
  const date = new Date(epochS * 1000).toISOString().slice(0, 10)
  for (const [name, text] of await generatedFiles(date)) {
    const place = GENERATED[name]
    if (place === undefined) throw new BuildError(`packaging/build/standalone.ts does not say where ${name} goes`)
    tree.write(place, text)
  }
  for (const [name, place] of Object.entries(SYSTEMD)) tree.copy(project.at(`packaging/systemd/${name}`), place)
}
