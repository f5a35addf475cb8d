import { join } from 'node:path'
import { packedManifest, shrinkwrap } from './dependencies.ts'
import type { Project, Release } from './project.ts'
import { run } from './run.ts'
import type { Tree } from './tree.ts'

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`

/** Makes `proxyha-VERSION.tgz` of the program and its addons: what `npm i -g` takes. Its path. */
export function packForNpm(project: Project, tree: Tree, output: string, { epochS }: Release): string {
  tree.write('package.json', json(packedManifest(project.manifest)))
  tree.write('npm-shrinkwrap.json', json(shrinkwrap(project)))
  tree.settle(epochS)
  const { name, version } = project.manifest
  // It writes nothing of this machine into it: no owners, one time for all files.
  run('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', output], { cwd: tree.root })
  return join(output, `${name}-${version}.tgz`)
}
