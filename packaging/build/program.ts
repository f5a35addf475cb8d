import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Project } from './project.ts'
import { run } from './run.ts'
import { filesIn, type Tree } from './tree.ts'

/** The folders of the source that a gateway runs. */
const ROOMS = ['actors', 'runtime', 'config'] as const
/** Only a clone needs them. */
const OF_A_CLONE = /^config\/write-json-schema\./
const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'LICENSE']

/**
 * Puts in what every package has: `bin/`, the compiled program with its source maps and types, what it reads at run time, and the
 * documents.
 */
export function addProgram(project: Project, tree: Tree): void {
  run('tsc', ['-p', project.at('packaging/tsconfig.json'), '--outDir', tree.root], { cwd: project.root })
  for (const room of ROOMS) {
    for (const file of filesIn(tree.at(room))) if (file.endsWith('.map')) placeSources(join(tree.at(room), file))
    // The compiler leaves types that nobody compiles where they are.
    tree.copyFolder(project.at(room), room, (file) => {
      return (!file.endsWith('.ts') || file.endsWith('.d.ts')) && !OF_A_CLONE.test(`${room}/${file}`)
    })
  }
  tree.copyFolder(project.at('bin'), 'bin')
  tree.copyFolder(project.at('docs'), 'docs')
  for (const document of DOCUMENTS) tree.copy(project.at(document), document)
}

/** A source map has its source in it, as a file beside the compiled one: no path leads to the machine that built it. */
function placeSources(file: string): void {
  const map = JSON.parse(readFileSync(file, 'utf8')) as { sources: string[] }
  map.sources = map.sources.map((source) => basename(source))
  writeFileSync(file, JSON.stringify(map))
}
