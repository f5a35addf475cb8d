import { type Document, isMap, isScalar, LineCounter, parseAllDocuments, visit, type YAMLError } from 'yaml'
import { type Checked, shorten, TOLD_MAX } from './problems.ts'

/** Aliases that may be expanded in one file: enough for anchors in earnest, far too few for a "billion laughs". */
const ALIAS_LIMIT = 100
/** To parse more takes seconds. */
const PARSED_CHARACTERS_MAX = 262_144

/** The mapping that a YAML text holds, or what is wrong with the text, with line and column. */
export function readYamlMapping(text: string): Checked<Readonly<Record<string, unknown>>> {
  if (text.length > PARSED_CHARACTERS_MAX) {
    return failed(`has ${text.length} characters; a configuration is a page of text: is it the right file?`)
  }
  try {
    return readDocument(text)
  } catch (error) {
    // `toJS` gives up by an exception on an alias of nothing, and on too many of them.
    if (!(error instanceof ReferenceError)) throw error
    const name = /^Unresolved alias.*: (.*)$/.exec(error.message)?.[1]
    if (name === undefined) return failed('uses too many YAML aliases; write the values out')
    const told = shorten(name)
    return failed(`uses the alias *${told}, but there is no anchor &${told} before it; quote a text that starts with *`)
  }
}

const failed = (...problems: readonly string[]) => ({ ok: false, problems }) as const

function readDocument(text: string): Checked<Readonly<Record<string, unknown>>> {
  const lineCounter = new LineCounter()
  const documents = parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false,
    logLevel: 'silent',
    // The parser compares every key with all before it, which takes a minute for a file of keys.
    uniqueKeys: false,
  })
  const [document] = documents
  if (!('length' in documents) || document === undefined)
    return failed('is empty; start from config/gateway.example.yaml')
  if (documents.length > 1) {
    const { line } = lineCounter.linePos(documents[1]?.range?.[0] ?? 0)
    return failed(`line ${line}: a second YAML document starts here; a configuration is one document`)
  }
  const errors: readonly Mistake[] = [...document.errors, ...document.warnings, ...keysGivenTwice(document)]
  // The parser recurses; where its stack ended is of no use to anybody.
  if (errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION'))
    return failed('is nested too deeply; a configuration has three levels')
  if (errors.length > 0) return failed(...syntaxProblems(errors, text, lineCounter))
  if (document.contents === null) return failed('is empty; start from config/gateway.example.yaml')
  if (!isMap(document.contents)) return failed('must be a mapping of keys to values, like "interface: eth0"')
  const value: unknown = document.toJS({ maxAliasCount: ALIAS_LIMIT })
  return { ok: true, value: value as Record<string, unknown> }
}

/** Of the parser's own words. */
const MESSAGE_CHARACTERS = 80

type Mistake = Pick<YAMLError, 'code' | 'pos' | 'message'>

function keysGivenTwice(document: Document.Parsed): readonly Mistake[] {
  const twice: Mistake[] = []
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        const at = key.range?.[0] ?? 0
        if (seen.has(key.value)) twice.push({ code: 'DUPLICATE_KEY', pos: [at, at + 1], message: '' })
        seen.add(key.value)
      }
    },
  })
  return twice
}

/**
 * Keys that are given twice are independent mistakes and are all told. Of the others only the first is: what follows is
 * mostly the parser's confusion about it.
 */
function syntaxProblems(errors: readonly Mistake[], text: string, lines: LineCounter): readonly string[] {
  const twice = errors.filter((error) => error.code === 'DUPLICATE_KEY')
  const first = errors.find((error) => error.code !== 'DUPLICATE_KEY')
  const told = first === undefined ? twice : [...twice, first]
  return told
    .toSorted((one, other) => one.pos[0] - other.pos[0])
    .slice(0, TOLD_MAX)
    .map((error) => {
      const { line, col } = lines.linePos(error.pos[0])
      return `line ${line}, column ${col}: ${describeError(error, text)}`
    })
}

function describeError(error: Mistake, text: string): string {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:]*/.exec(text.slice(error.pos[0]))?.[0]
    return `the key ${shorten(key ?? '')} is given twice; remove one`
  }
  if (error.code === 'TAB_AS_INDENT') return 'a tab is used to indent; YAML is indented by spaces'
  // The parser repeats all of a line that it does not understand, and with it a key that may stand there.
  return shorten(`${error.message.split('\n')[0]}`, MESSAGE_CHARACTERS)
}
