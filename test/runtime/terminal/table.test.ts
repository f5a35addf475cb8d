import { describe, expect, test } from 'vitest'
import { inColour, plain, widthOf } from '../../../runtime/terminal/look.ts'
import { atBothEnds, type Column, formatBytes, formatRate, formatTable } from '../../../runtime/terminal/table.ts'

interface Row {
  readonly name: string
  readonly slots: number
}
const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name, colour: () => 'green' },
  { title: 'SLOTS', align: 'right', yields: 1, text: ({ slots }) => String(slots) },
  { title: 'HALF', align: 'right', yields: 2, text: ({ slots }) => String(slots / 2) },
]
const ROWS = [
  { name: 'jupiter', slots: 2048 },
  { name: 'saturn', slots: 0 },
]
const at = (columns: number) => formatTable(COLUMNS, ROWS, { paint: plain, columns })

describe('a table', () => {
  test('has all columns where there is room', () => {
    const whole = ['NAME     SLOTS  HALF', 'jupiter   2048  1024', 'saturn       0     0']
    expect(at(Number.POSITIVE_INFINITY)).toEqual(whole)
    expect(at(20)).toEqual(whole)
  })

  test('gives columns up by their number, not by their place', () => {
    expect(at(19)).toEqual(['NAME     SLOTS', 'jupiter   2048', 'saturn       0'])
    expect(at(13)).toEqual(['NAME', 'jupiter', 'saturn'])
  })

  test('what stays and does not fit is cut', () => {
    expect(at(5)).toEqual(['NAME', 'jupi~', 'satu~'])
  })

  test('colours take no room', () => {
    const painted = formatTable(COLUMNS, ROWS, { paint: inColour, columns: 20 })
    expect(painted.map(widthOf)).toEqual([20, 20, 20])
    expect(painted[1]).toContain('\u001b[32mjupiter\u001b[0m')
  })
})

test('two texts at the ends of a line, or below each other', () => {
  expect(atBothEnds('left', 'right', 12)).toEqual(['left   right'])
  expect(atBothEnds('left', 'right', 10)).toEqual(['left', 'right'])
  expect(atBothEnds('left', 'right', Number.POSITIVE_INFINITY)).toEqual(['left  right'])
})

test.each([
  [null, '-'],
  [0, '0'],
  [0.04, '0.0'],
  [9.94, '9.9'],
  [9.96, '10'],
  [1830.4, '1830'],
])('%s a second is %s', (perS, text) => expect(formatRate(perS)).toBe(text))

test.each([
  [null, '-'],
  [0, '0 B'],
  [999.4, '999 B'],
  [999.6, '1.0 kB'],
  [9_940, '9.9 kB'],
  [9_960, '10 kB'],
  [34_000_000, '34 MB'],
  [999_600_000, '1.0 GB'],
])('%s bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))
