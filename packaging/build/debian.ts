import { createHash } from 'node:crypto'
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Project, Release } from './project.ts'
import { run } from './run.ts'
import { sbomText } from './sbom.ts'
import { addSystemFiles } from './standalone.ts'
import { filesIn, type Tree } from './tree.ts'

const MAINTAINER_SCRIPTS = ['postinst', 'prerm', 'postrm']
const DOC = 'usr/share/doc/proxyha'

/** Makes `proxyha_VERSION_amd64.deb` of a standalone program. `tree`: an empty one. Its path. */
export async function packForDebian(
  project: Project,
  standalone: Tree,
  tree: Tree,
  output: string,
  release: Release,
): Promise<string> {
  run('cp', ['-al', standalone.root, tree.within('usr/lib').at('proxyha')])
  tree.link('usr/bin/proxyha', '../lib/proxyha/bin/proxyha')
  tree.within('etc/proxyha')
  await addSystemFiles(project, tree, release)
  addDocumentation(project, tree, release)
  const { version } = project.manifest
  const file = join(output, `proxyha_${version}_amd64.deb`)
  addControl(project, tree)
  tree.settle(release.epochS)
  // Who may read the key of the group is decided at the installation: the user is not there before.
  chmodSync(tree.at('etc/proxyha'), 0o750)
  const compression = release.isQuick ? ['-Zgzip', '-z1'] : ['-Zxz']
  run('dpkg-deb', ['--root-owner-group', ...compression, '--build', tree.root, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: `${release.epochS}` },
  })
  return file
}

function addDocumentation(project: Project, tree: Tree, { epochS }: Release): void {
  const debian = (name: string) => project.at(`packaging/debian/${name}`)
  for (const document of ['README.md', 'CHANGELOG.md']) tree.copy(project.at(document), `${DOC}/${document}`)
  tree.copyFolder(project.at('docs'), `${DOC}/docs`)
  tree.copy(project.at('config/gateway.example.yaml'), `${DOC}/examples/gateway.example.yaml`)
  tree.copy(project.at('config/gateway.schema.json'), `${DOC}/gateway.schema.json`)
  tree.copy(debian('copyright'), `${DOC}/copyright`)
  tree.write(`${DOC}/sbom.cdx.json`, sbomText(project, epochS))
  tree.write(`${DOC}/changelog.gz`, compressed(debianChangelog(project, epochS)))
  tree.copy(debian('lintian-overrides'), 'usr/share/lintian/overrides/proxyha')
  for (const page of filesIn(tree.within('usr/share/man').root)) {
    tree.write(`usr/share/man/${page}.gz`, compressed(readFileSync(tree.at(`usr/share/man/${page}`))))
    run('rm', [tree.at(`usr/share/man/${page}`)])
  }
}

/** Without a time of its own. */
const compressed = (content: string | Uint8Array): Uint8Array => gzipSync(content, { level: 9 })

function debianChangelog({ manifest }: Project, epochS: number): string {
  const date = new Date(epochS * 1000).toUTCString().replace('GMT', '+0000')
  return `proxyha (${manifest.version}) unstable; urgency=medium

  * What has changed is in CHANGELOG.md.

 -- The proxyha authors <proxyha@localhost>  ${date}
`
}

/** What the program calls is in Depends; what only the lab does, or only some hosts need, is recommended. */
function addControl(project: Project, tree: Tree): void {
  const files = filesIn(tree.root)
  const installedKiB = files.reduce((sum, file) => sum + Math.ceil(readFileSync(tree.at(file)).length / 1024), 0)
  const { version, description } = project.manifest
  const [synopsis = '', details = ''] = description.split(': ')
  const control = `Package: proxyha
Version: ${version}
Architecture: amd64
Maintainer: The proxyha authors <proxyha@localhost>
Section: net
Priority: optional
Installed-Size: ${installedKiB}
Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8), nftables, passwd
Recommends: iproute2
Description: ${synopsis.toLowerCase()}
 ${details}.
 .
 It brings a Node.js of its own, which nothing else on the host sees.
`
  const sums = files.map(
    (file) =>
      `${createHash('md5')
        .update(readFileSync(tree.at(file)))
        .digest('hex')}  ${file}\n`,
  )
  for (const script of MAINTAINER_SCRIPTS) {
    tree.write(`DEBIAN/${script}`, readFileSync(project.at(`packaging/debian/${script}`)), true)
  }
  tree.write('DEBIAN/control', control)
  tree.write('DEBIAN/md5sums', sums.join(''))
}
