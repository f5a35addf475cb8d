import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** An addon is loaded, not run; nor are the commands of a dependency. */
const NOT_A_PROGRAM = /\.node$|(^|\/)node_modules\//

/** A folder that becomes a package: what is put in has the modes of a package, whatever the umask and the modes of the source. */
export class Tree {
  readonly root: string

  constructor(root: string) {
    this.root = root
    mkdirSync(root, { recursive: true })
  }

  /** The path of something in it. */
  at(path: string): string {
    return join(this.root, path)
  }

  /** A folder of it as a tree of its own. */
  within(path: string): Tree {
    return new Tree(this.at(path))
  }

  write(path: string, content: string | Uint8Array, isProgram = false): void {
    mkdirSync(dirname(this.at(path)), { recursive: true })
    writeFileSync(this.at(path), content)
    if (isProgram) chmodSync(this.at(path), 0o755)
  }

  /** Copies a file. */
  copy(from: string, path: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true })
    copyFileSync(from, this.at(path))
  }

  /** Copies the files of a folder, of all depths, whose path in it is wanted. */
  copyFolder(from: string, path: string, isWanted: (file: string) => boolean = () => true): void {
    for (const file of filesIn(from)) if (isWanted(file)) this.copy(join(from, file), join(path, file))
  }

  link(path: string, target: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true })
    symlinkSync(target, this.at(path))
  }

  /** Gives all that is in it its mode, and the time of the release: the same source makes the same package. */
  settle(epochS: number): void {
    for (const path of ['', ...readdirSync(this.root, { recursive: true, encoding: 'utf8' })]) {
      const stat = lstatSync(this.at(path))
      const isProgram = stat.isFile() && (stat.mode & 0o100) !== 0 && !NOT_A_PROGRAM.test(path)
      if (!stat.isSymbolicLink()) chmodSync(this.at(path), stat.isDirectory() || isProgram ? 0o755 : 0o644)
      lutimesSync(this.at(path), epochS, epochS)
    }
  }
}

/** The paths of the files in a folder, of all depths, sorted. */
export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}
