/** Lines of keepalived.conf as words: comments, quotes, continued lines, and the variables of keepalived 2. */
import type { Difference, Place } from './statement.ts'

/** What one line may grow to by its variables; what is longer is listed. */
const LINE_CHARACTERS = 4096
const DEFINITIONS_MAX = 256

/** A word, or a brace that stands for itself. */
export interface Token {
  readonly text: string
  /** In quotes a brace or a comment is text. */
  readonly quoted: boolean
}

export interface TokenLine {
  readonly place: Place
  readonly tokens: readonly Token[]
}

/** Variables that were defined so far, by name without $. */
export type Definitions = Map<string, string>

/**
 * The lines of a text that say something. What is not understood (conditional lines, sequences, definitions of several lines, quotes
 * without end) is told and left out.
 */
export function readLines(
  file: string,
  text: string,
  definitions: Definitions,
  tell: (difference: Difference) => void,
): readonly TokenLine[] {
  return joinedLines(file, text).flatMap((place): readonly TokenLine[] => {
    const not = (reason: string, instead: string): readonly TokenLine[] => {
      tell({ ...place, reason, instead })
      return []
    }
    const bare = place.text
    if (bare === '' || /^[#!]/.test(bare)) return []
    if (bare.length > LINE_CHARACTERS)
      return not(`it has more than ${LINE_CHARACTERS} characters`, 'is it the right file?')
    if (bare.startsWith('@')) {
      return not(
        'a line for some hosts only (@) is not understood',
        'write the file of one host without @, and import that',
      )
    }
    if (/~(SEQ|LST)\b/.test(bare)) return not('a sequence (~) is not understood', 'write its lines out')
    const definition = /^\$([A-Za-z_][\w]*)\s*=(.*)$/.exec(bare)
    if (definition !== null) {
      const [, name = '', value = ''] = definition
      const problem = define(name, value.trim(), definitions)
      return problem === null ? [] : not(problem, 'write what it stands for where it is used')
    }
    const expanded = expand(bare, definitions)
    if (typeof expanded !== 'string') return not(expanded.problem, 'write what it stands for')
    const tokens = tokensOf(expanded)
    return tokens === undefined ? not('a quote without an end', 'close it, and import again') : [{ place, tokens }]
  })
}

/** Lines that end in a backslash go on in the next one. */
function joinedLines(file: string, text: string): readonly Place[] {
  const places: Place[] = []
  let begun: { line: number; text: string } | undefined
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = begun?.line ?? index + 1
    const whole = begun === undefined ? raw : `${begun.text} ${raw.trim()}`
    // One that is too long already is listed as it is.
    if (raw.endsWith('\\') && !/^\s*[#!]/.test(raw) && whole.length <= LINE_CHARACTERS)
      begun = { line, text: whole.slice(0, -1).trimEnd() }
    else {
      places.push({ file, line, text: whole.trim() })
      begun = undefined
    }
  }
  return begun === undefined ? places : [...places, { file, ...begun, text: begun.text.trim() }]
}

/** Null: it is defined now; else why it is not. */
function define(name: string, value: string, definitions: Definitions): string | null {
  const bare = withoutComment(value).trim()
  if (bare === '') return 'a definition of several lines, or of nothing, is not understood'
  const expanded = expand(bare, definitions)
  if (typeof expanded !== 'string') return expanded.problem
  if (definitions.size >= DEFINITIONS_MAX && !definitions.has(name)) return `more than ${DEFINITIONS_MAX} definitions`
  definitions.set(name, expanded.replace(/^"(.*)"$/, '$1'))
  return null
}

/** With the variables filled in; those of values were when they were defined, so that no line grows without end. */
function expand(text: string, definitions: Definitions): string | { readonly problem: string } {
  let unknown: string | undefined
  const filled = text.replaceAll(
    /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g,
    (whole, braced?: string, plain?: string) => {
      const value = definitions.get(braced ?? plain ?? '')
      // In a script it may be the shell's.
      if (value === undefined) unknown ??= whole
      return value ?? whole
    },
  )
  if (filled.length > LINE_CHARACTERS) return { problem: `it has more than ${LINE_CHARACTERS} characters` }
  if (unknown !== undefined && !/["']/.test(text)) return { problem: `${unknown} is not defined` }
  return filled
}

function withoutComment(text: string): string {
  let quote = ''
  for (const [index, character] of [...text].entries()) {
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === '#' || character === '!') return [...text].slice(0, index).join('')
  }
  return text
}

/** Words and braces; undefined where a quote has no end. */
function tokensOf(line: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  let rest = line
  for (;;) {
    rest = rest.trimStart()
    if (rest === '' || /^[#!]/.test(rest)) return tokens
    const [first = ''] = rest
    if (first === '{' || first === '}') {
      tokens.push({ text: first, quoted: false })
      rest = rest.slice(1)
    } else if (first === '"' || first === "'") {
      const end = endOfQuote(rest, first)
      if (end < 0) return undefined
      tokens.push({ text: rest.slice(1, end).replaceAll(/\\(["'\\])/g, '$1'), quoted: true })
      rest = rest.slice(end + 1)
    } else {
      const [word = ''] = /^[^\s{}"'#!]+/.exec(rest) ?? [first]
      tokens.push({ text: word, quoted: false })
      rest = rest.slice(word.length)
    }
  }
}

/** Where the quote ends that the text begins with; -1: nowhere. */
function endOfQuote(text: string, quote: string): number {
  for (let index = 1; index < text.length; index++) {
    if (text[index] === '\\') index++
    else if (text[index] === quote) return index
  }
  return -1
}
