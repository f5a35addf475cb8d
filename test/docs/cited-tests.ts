import { existsSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A reference of a page to a test: `[name]: ../test/FILE "title"`. */
interface CitedTest {
  readonly page: string
  readonly name: string
  /** As the page has it, relative to itself. */
  readonly target: string
  /** As the source has it, with `%s` where it is one of several. */
  readonly title: string
}

/** The references at the end of a page; a title may go over several lines. */
export function citedTestsOf(page: string, text: string): readonly CitedTest[] {
  return [...text.matchAll(/^\[([^\]\n]+)\]:\s+(\S+)\s+"([^"]+)"$/gm)].map(([, name, target, title]) => ({
    page,
    name: name!,
    target: target!,
    title: title!.replaceAll(/\s+/g, ' '),
  }))
}

/** What is wrong with a reference; undefined where nothing is. */
export function problemOfCited({ page, name, target, title }: CitedTest): string | undefined {
  const file = relative(ROOT, resolve(ROOT, dirname(page), target))
  if (!/^test\/.*\.test\.ts$/.test(file)) return `[${name}]: ${target} is no file of tests`
  if (!existsSync(resolve(ROOT, file))) return `[${name}]: no file ${file}`
  if (titlesOf(readFileSync(resolve(ROOT, file), 'utf8')).includes(title)) return undefined
  return `[${name}]: no test "${title}" in ${file}`
}

/** The names by which a text refers: `[words][name]`. */
export const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\]\[([^\]]+)\]/g)].map(([, name]) => name!)

/** Titles of the tests of a source, as they stand there; of those that are skipped none. */
export function titlesOf(source: string): readonly string[] {
  return [...source.matchAll(/(?<![\w.])(?:it|test)((?:\.\w+)*)(?=[(<])/g)].flatMap(({ 0: call, 1: how, index }) => {
    if (/\.(skip|todo|fails)\b/.test(how!)) return []
    let at = source.indexOf('(', index + call.length)
    if (/\.(each|for|runIf|skipIf)\b/.test(how!)) at = source.indexOf('(', endOf(source, at))
    const literal = at < 0 ? undefined : /^\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/s.exec(source.slice(at))
    return literal ? [literal[2]!.replaceAll(/\\(['"`])/g, '$1')] : []
  })
}

const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*/y

/** The place behind the parenthesis that closes the one at `from`. */
function endOf(source: string, from: number): number {
  let depth = 0
  for (let at = from; at < source.length; at++) {
    STRING.lastIndex = at
    const skipped = STRING.exec(source)
    if (skipped) at += skipped[0].length - 1
    else if (source[at] === '(') depth++
    else if (source[at] === ')' && --depth === 0) return at + 1
  }
  return source.length
}
