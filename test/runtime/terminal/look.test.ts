import { describe, expect, test } from 'vitest'
import { cut, fold, inColour, lookOf, widthOf } from '../../../runtime/terminal/look.ts'

describe('how many columns there are', () => {
  const columnsOf = (stdout: object, variables: Readonly<Record<string, string>> = {}) =>
    lookOf({ stdout, variables }).columns

  test('in a pipe nothing has to give way', () => {
    expect(columnsOf({})).toBe(Number.POSITIVE_INFINITY)
  })

  test('a terminal tells; one that does not has 80', () => {
    expect(columnsOf({ isTTY: true, columns: 132 })).toBe(132)
    expect(columnsOf({ isTTY: true })).toBe(80)
    expect(columnsOf({ isTTY: true, columns: 0 })).toBe(80)
  })

  test('COLUMNS counts before both, as `watch` sets it; not where it is no width', () => {
    expect(columnsOf({ isTTY: true, columns: 132 }, { COLUMNS: '60' })).toBe(60)
    expect(columnsOf({}, { COLUMNS: '60' })).toBe(60)
    for (const COLUMNS of ['', '0', '-5', '1e3', '12', '99999999'])
      expect(columnsOf({ isTTY: true, columns: 132 }, { COLUMNS })).toBe(132)
  })
})

describe('fold', () => {
  test('breaks between words, and indents what follows', () => {
    expect(fold('one two three four', 10, 2)).toEqual(['one two', '  three', '  four'])
    expect(fold('one two', 10)).toEqual(['one two'])
  })

  test('a word that is longer than the line stands alone', () => {
    expect(fold('a 2001:db8:0:0:1:2:3:4 b', 8, 2)).toEqual(['a', '  2001:db8:0:0:1:2:3:4', '  b'])
  })

  test('a long first word is not preceded by an empty line', () => {
    expect(fold('abcdefghijkl m', 8)).toEqual(['abcdefghijkl', 'm'])
  })
})

describe('cut', () => {
  const red = inColour('failure', 'red')

  test('leaves what fits', () => {
    expect(cut(`${red} x`, 9)).toBe(`${red} x`)
  })

  test('counts letters alone, and ends the colours that it has begun', () => {
    const line = cut(`${red} and more`, 10)
    expect(line).toBe(`${red} a~`)
    expect(cut(`ab${red}cd`, 4)).toBe('ab\u001b[31mf~\u001b[0m')
    for (let columns = 1; columns < 16; columns++) expect(widthOf(cut(`ab${red}cd ${red}`, columns))).toBe(columns)
  })
})
