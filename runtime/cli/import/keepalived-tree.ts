/** keepalived.conf with the files that it includes, as a tree of statements. */
import { type Definitions, readLines, type Token, type TokenLine } from './keepalived-lines.ts'
import type { Difference, Place, Statement } from './statement.ts'

/** Reads a file that is included; a text is why it cannot be. The paths of a pattern, in order. */
export interface Sources {
  read(path: string): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }
  /** What an `include` in that file names: paths, none where there is nothing of the kind. */
  included(pattern: string, from: string): readonly string[]
}

const FILES_MAX = 32
const INCLUDE_DEPTH = 8
const BLOCK_DEPTH = 12
const STATEMENTS_MAX = 20_000

/** A statement that may still get a block. */
interface Building {
  readonly place: Place
  readonly words: readonly string[]
  block: Building[] | undefined
}

/** The tree, and what of it was not understood. Never throws for what a file holds. */
export function readKeepalived(
  path: string,
  sources: Sources,
): { readonly statements: readonly Statement[]; readonly differences: readonly Difference[] } {
  const reader = new TreeReader(sources)
  reader.readFile(path, { file: path, line: 1, text: path }, 0)
  reader.end()
  return { statements: reader.top, differences: reader.differences }
}

class TreeReader {
  readonly top: Building[] = []
  readonly differences: Difference[] = []
  readonly #sources: Sources
  readonly #definitions: Definitions = new Map()
  /** Blocks that are open, each with the statement that it is of; null: one that is too deep, or of nothing, and is left out. */
  readonly #open: (Building | null)[] = []
  #files = 0
  #statements = 0

  constructor(sources: Sources) {
    this.#sources = sources
  }

  readFile(path: string, by: Place, depth: number): undefined {
    if (this.#files >= FILES_MAX) return this.#tell(by, `more than ${FILES_MAX} files`, 'import them one by one')
    this.#files += 1
    const read = this.#sources.read(path)
    if (!read.ok) return this.#tell(by, `${path} ${read.reason}`, 'see to it that it can be read, and import again')
    for (const line of readLines(path, read.text, this.#definitions, (told) => this.differences.push(told))) {
      const [first] = line.tokens
      if (first?.quoted === false && /^include([a-z]{0,3})$/.test(first.text)) this.#include(line, path, depth)
      else this.#take(line)
    }
  }

  end(): undefined {
    for (const open of this.#open)
      if (open !== null) this.#tell(open.place, 'its { has no }', 'close it, and import again')
  }

  #include({ place, tokens }: TokenLine, from: string, depth: number): undefined {
    const pattern = tokens[1]?.text
    if (pattern === undefined) return this.#tell(place, 'an include of nothing', undefined)
    if (depth >= INCLUDE_DEPTH) return this.#tell(place, 'files include each other too deeply', 'name them in one file')
    const paths = this.#sources.included(pattern, from)
    if (paths.length === 0) this.#tell(place, 'there is no such file', 'import it where it is')
    for (const path of paths) this.readFile(path, place, depth + 1)
  }

  /** A line may hold several statements where it has braces: `group { a b }` is two. */
  #take({ place, tokens }: TokenLine): undefined {
    let words: string[] = []
    const flush = (): void => {
      if (words.length > 0) this.#add(place, words)
      words = []
    }
    for (const token of tokens) {
      if (!isBrace(token)) words.push(token.text)
      else if (token.text === '{') {
        flush()
        this.#openBlock(place)
      } else {
        flush()
        this.#closeBlock(place)
      }
    }
    flush()
  }

  /** Where statements go now; null: nowhere, undefined: to the top. */
  #container(): Building | null | undefined {
    return this.#open.includes(null) ? null : this.#open.at(-1)
  }

  #add(place: Place, words: readonly string[]): undefined {
    const container = this.#container()
    if (container === null) return undefined
    this.#statements += 1
    if (this.#statements > STATEMENTS_MAX) {
      if (this.#statements === STATEMENTS_MAX + 1)
        this.#tell(place, `more than ${STATEMENTS_MAX} lines: what follows is left out`, 'is it the right file?')
      return
    }
    const list = container === undefined ? this.top : container.block
    list?.push({ place, words, block: undefined })
  }

  #openBlock(place: Place): undefined {
    const container = this.#container()
    const list = container === undefined ? this.top : container?.block
    const last = list?.at(-1)
    const owner = last?.block === undefined && this.#statements <= STATEMENTS_MAX ? last : undefined
    if (container === null) this.#open.push(null)
    else if (owner === undefined || this.#open.length >= BLOCK_DEPTH) {
      this.#tell(
        place,
        owner === undefined ? 'a { of nothing' : 'braces are nested too deeply',
        'correct it, and import again',
      )
      this.#open.push(null)
    } else {
      owner.block = []
      this.#open.push(owner)
    }
  }

  #closeBlock(place: Place): undefined {
    if (this.#open.length === 0) return this.#tell(place, 'a } without a {', 'correct it, and import again')
    this.#open.pop()
  }

  #tell(place: Place, reason: string, instead: string | undefined): undefined {
    this.differences.push({ ...place, reason, instead })
  }
}

const isBrace = ({ text, quoted }: Token): boolean => !quoted && (text === '{' || text === '}')
