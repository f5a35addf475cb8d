import { join } from 'node:path'
import type { Project, Release } from './project.ts'
import { run } from './run.ts'
import { addSystemFiles } from './standalone.ts'
import type { Tree } from './tree.ts'

/** Makes `proxyha-VERSION-linux-x64.tar.gz` of a standalone program, for distributions without dpkg. `tree`: an empty one. Its path. */
export async function packArchive(
  project: Project,
  standalone: Tree,
  tree: Tree,
  output: string,
  release: Release,
): Promise<string> {
  const name = `proxyha-${project.manifest.version}-linux-x64`
  run('cp', ['-al', standalone.root, tree.at(name)])
  const top = tree.within(name)
  top.copy(project.at('packaging/archive-README.md'), 'README.md')
  top.copy(project.at('CHANGELOG.md'), 'CHANGELOG.md')
  top.copyFolder(project.at('docs'), 'docs')
  await addSystemFiles(project, top.within('system'), release)
  tree.settle(release.epochS)
  const file = join(output, `${name}.tar.gz`)
  const owners = ['--owner=0', '--group=0', '--numeric-owner']
  run('tar', [
    '--create',
    '--format=gnu',
    '--sort=name',
    ...owners,
    `--use-compress-program=gzip -n ${release.isQuick ? '-1' : '-9'}`,
    `--file=${file}`,
    `--directory=${tree.root}`,
    name,
  ])
  return file
}
