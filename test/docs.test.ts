import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const COLUMNS = 100
const README_LINES = 130
const ARCHITECTURE_BYTES = 14 * 1024
const DECISIONS = 'docs/decisions'
const DECISION_HEADINGS = ['Problem', 'Decision', 'Rejected', 'Measured']

const read = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8')
const pagesOf = (pattern: string): readonly string[] => globSync(pattern, { cwd: ROOT }).sort()
const docs = pagesOf('docs/**/*.md')
const linking = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs]
const decisions = pagesOf(`${DECISIONS}/[0-9]*.md`)

const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n')
const isLong = (line: string): boolean => [...line].length > COLUMNS

/** What is not in a code fence, with the numbers of the lines. */
function outsideFences(text: string): readonly { readonly line: string; readonly number: number }[] {
  let fenced = false
  return linesOf(text).flatMap((line, index) => {
    const isFence = /^\s*```/.test(line)
    if (isFence) fenced = !fenced
    return fenced || isFence ? [] : [{ line, number: index + 1 }]
  })
}

const headingsOf = (text: string): readonly string[] =>
  outsideFences(text).flatMap(({ line }) => /^#{1,6} (.+)$/.exec(line)?.[1] ?? [])

/** As GitHub makes it of a heading: links and code by their text, the second of one name with a number. */
function fragmentsOf(text: string): ReadonlySet<string> {
  const fragments = new Set<string>()
  for (const heading of headingsOf(text)) {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-')
    let fragment = slug
    for (let nth = 1; fragments.has(fragment); nth++) fragment = `${slug}-${nth}`
    fragments.add(fragment)
  }
  return fragments
}

/** Targets of links and pictures, also where the text of the link goes over the end of a line. */
function targetsOf(text: string): readonly string[] {
  const prose = outsideFences(text)
    .map(({ line }) => line)
    .join('\n')
    .replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!)
}

/** What is wrong with a link of the page; undefined where nothing is. */
function problemOf(page: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined
  const [path = '', fragment] = target.split('#')
  const file = path === '' ? page : relative(ROOT, resolve(ROOT, dirname(page), path))
  if (file.startsWith('..') || !existsSync(resolve(ROOT, file))) return `${page}: ${target}: no such file`
  if (fragment === undefined) return undefined
  return fragmentsOf(read(file)).has(fragment) ? undefined : `${page}: ${target}: no such heading`
}

test(`README has at most ${README_LINES} lines, none over ${COLUMNS} columns`, () => {
  const lines = linesOf(read('README.md'))
  expect(lines.length).toBeLessThanOrEqual(README_LINES)
  expect(lines.filter(isLong)).toEqual([])
})

test(`ARCHITECTURE has at most ${ARCHITECTURE_BYTES} bytes, no line over ${COLUMNS} columns`, () => {
  const text = read('ARCHITECTURE.md')
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(ARCHITECTURE_BYTES)
  expect(linesOf(text).filter(isLong)).toEqual([])
})

test.each([...docs, 'CONTRIBUTING.md'])(`%s: no prose over ${COLUMNS} columns`, (page) => {
  const long = outsideFences(read(page)).filter(({ line }) => isLong(line) && !line.startsWith('|'))
  expect(long.map(({ line, number }) => `${page}:${number}: ${line}`)).toEqual([])
})

describe('links', () => {
  test.each(linking)('%s: every relative link leads to a file, and to a heading where it names one', (page) => {
    const problems = targetsOf(read(page)).flatMap((target) => problemOf(page, target) ?? [])
    expect(problems).toEqual([])
  })

  test('are found, and told where they lead nowhere', () => {
    const text = [
      '[a](b.md) [two',
      'lines](c.md#d)',
      '```',
      '[no](code.md)',
      '```',
      '`[no](span.md)` ![e](f.svg)',
    ].join('\n')
    expect(targetsOf(text)).toEqual(['b.md', 'c.md#d', 'f.svg'])
    expect(problemOf('docs/doctor.md', 'nowhere.md')).toBe('docs/doctor.md: nowhere.md: no such file')
    expect(problemOf('docs/doctor.md', '../README.md#no-such')).toBe(
      'docs/doctor.md: ../README.md#no-such: no such heading',
    )
    expect(problemOf('docs/doctor.md', '../README.md#two-commands')).toBeUndefined()
  })

  test('headings become fragments as on GitHub', () => {
    expect([...fragmentsOf('# A `b`, [c](d.md)!\n## Two\n```\n# none\n```\n## Two\n')]).toEqual([
      'a-b-c',
      'two',
      'two-1',
    ])
  })
})

describe('decisions', () => {
  const list = targetsOf(read(`${DECISIONS}/README.md`)).filter((target) => /^\d/.test(target))

  test('all are in the list, in order, each once', () => {
    expect(decisions.length).toBeGreaterThanOrEqual(20)
    expect(list.map((target) => `${DECISIONS}/${target}`)).toEqual(decisions)
  })

  test.each(decisions)('%s: title, problem, decision, rejected, measured, each with words', (page) => {
    const text = read(page)
    const [title, ...headings] = headingsOf(text)
    expect(title).toMatch(new RegExp(`^${page.slice(DECISIONS.length + 1, DECISIONS.length + 3)}\\. \\S`))
    expect(headings).toEqual(DECISION_HEADINGS)
    expect(text.split(/^## .*$/m).filter((section) => section.trim() === '')).toEqual([])
  })
})
