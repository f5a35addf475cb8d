import { describe, expect, it } from 'vitest'
import { citedTestsOf, namesIn, problemOfCited, titlesOf } from './cited-tests.ts'

/** Not written as calls, which this file's own titles would be taken for. */
const call = (how: string, rest: string) => `${how}(${rest}`

describe('titles of a source', () => {
  it('are found whatever quotes they have, and behind the table of several', () => {
    const source = [
      call('it', "'one', () => {})"),
      call('test', '\n  "it\'s two", { timeout: 1 }, () => {})'),
      call('it', "'it\\'s three', () => {})"),
      call('it.each', `[['a)', "(b"], [\`c) \${d}\`]])('%s, four', () => {})`),
      call('it.each<string>', '[1])("five", () => {})'),
    ].join('\n')
    expect(titlesOf(source)).toEqual(['one', "it's two", "it's three", '%s, four', 'five'])
  })

  it('are none of tests that are skipped, and none of other calls', () => {
    expect(titlesOf([call('it.skip', "'a', b)"), call('it.todo', "'a')"), call('permit', "'a')")].join('\n'))).toEqual(
      [],
    )
  })
})

describe('a reference', () => {
  const text =
    '[kept][one] and [reset][two]\n\n[one]: ../test/docs/cited-tests.test.ts\n  "is read over\n  two lines"\n'

  it('is read over two lines', () => {
    expect(citedTestsOf('docs/page.md', text)).toEqual([
      {
        page: 'docs/page.md',
        name: 'one',
        target: '../test/docs/cited-tests.test.ts',
        title: 'is read over two lines',
      },
    ])
    expect(namesIn(text)).toEqual(['one', 'two'])
  })

  it('is well where the file has the title, and told where it has not', () => {
    const [one] = citedTestsOf('docs/page.md', text)
    expect(problemOfCited(one!)).toBeUndefined()
    expect(problemOfCited({ ...one!, title: 'no such' })).toBe(
      '[one]: no test "no such" in test/docs/cited-tests.test.ts',
    )
    expect(problemOfCited({ ...one!, target: '../test/none.test.ts' })).toBe('[one]: no file test/none.test.ts')
    expect(problemOfCited({ ...one!, target: '../README.md' })).toBe('[one]: ../README.md is no file of tests')
  })
})
