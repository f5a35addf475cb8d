import { expect, test } from 'vitest'
import { type LiveOutput, openLiveScreen } from '../../../runtime/terminal/live-screen.ts'

function terminal(change: Partial<LiveOutput> = {}) {
  const written: string[] = []
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0
  return { written, out: { columns: 10, rows: 3, ...change, write } as LiveOutput }
}

test('draws over what was there, as far as there is room, and gives the terminal back', () => {
  const { written, out } = terminal()
  const screen = openLiveScreen(out)
  screen.draw(['short', 'exactly 10', 'longer than that', 'beyond the rows'])
  screen.close()
  expect(written).toEqual([
    '\u001b[?1049h\u001b[?25l',
    // What fills its row is not cleared: that would take its last letter.
    '\u001b[Hshort\u001b[K\r\nexactly 10\r\nlonger th~\u001b[J',
    '\u001b[?25h\u001b[?1049l',
  ])
})

test('a terminal that does not keep up gets no further picture', () => {
  const { written, out } = terminal({ writableNeedDrain: true })
  openLiveScreen(out).draw(['x'])
  expect(written).toHaveLength(1)
})
