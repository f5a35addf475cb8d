import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { citedTestsOf, namesIn, problemOfCited } from './cited-tests.ts'

const PAGE = 'docs/promises.md'
/** A fault or order; open there, open elsewhere and new, in kernel mode and in workers mode. */
const COLUMNS = 7
const text = readFileSync(PAGE, 'utf8')
const cited = citedTestsOf(PAGE, text)
const rows = text
  .split('\n')
  .filter((line) => /^\|(?!---| what)/.test(line))
  .map((line) => line.slice(1, -1).split(' | '))
  .filter((cells) => cells.length === COLUMNS)
const words = [...text.matchAll(/^\| ([a-z ]+) \| [a-z]/gm)].map(([, word]) => word!)

describe('what a connection may experience', () => {
  it('has rows of seven columns, and words for what may happen', () => {
    expect(rows.length).toBeGreaterThan(40)
    expect(text.split('\n').filter((line) => /^\|/.test(line) && line.split(' | ').length > COLUMNS)).toEqual([])
    expect(words).toEqual(expect.arrayContaining(['kept', 'served', 'waits', 'refused', 'reset', 'closed']))
  })

  it('names in each cell a test, or that nobody can experience that', () => {
    const empty = rows.flatMap(([what, ...cells]) =>
      cells.filter((cell) => namesIn(cell).length === 0 && !/^ ?—/.test(cell)).map((cell) => [what, cell]),
    )
    expect(empty).toEqual([])
  })

  it('promises in the words of the page', () => {
    const promises = rows.flatMap(([, ...cells]) =>
      cells.flatMap((cell) => [...(/^ ?\[([^\]]+)\]\[/.exec(cell) ?? [])].slice(1)),
    )
    expect(promises.length).toBeGreaterThan(150)
    const others = promises.filter((promise) => !words.some((word) => promise.startsWith(word)))
    expect(others).toEqual([])
  })

  it.each(cited.map((one) => [one.name, one] as const))('%s: the test is there', (_, one) => {
    expect(problemOfCited(one)).toBeUndefined()
  })

  it('refers to each of them, and to no other', () => {
    expect([...new Set(namesIn(text))].sort()).toEqual(cited.map(({ name }) => name).sort())
  })
})
