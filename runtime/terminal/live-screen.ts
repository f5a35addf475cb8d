import { cut, widthOf } from './look.ts'

/** A terminal that is drawn anew in place. */
export interface LiveScreen {
  /** Shows these lines, as far as there is room for them. A terminal that takes nothing is left alone. */
  draw(lines: readonly string[]): void
  /** The terminal is as it was before. */
  close(): void
}

/** Where it is drawn. */
export type LiveOutput = Pick<NodeJS.WritableStream, 'write'> & {
  readonly columns?: number
  readonly rows?: number
  readonly writableNeedDrain?: boolean
}

const SIZE_USUAL = { columns: 80, rows: 24 }

/**
 * Takes the alternate screen of the terminal (xterm control sequences). Each line is written over what it replaces, and
 * only its rest is cleared: nothing flickers.
 */
export function openLiveScreen(out: LiveOutput): LiveScreen {
  out.write('\u001b[?1049h\u001b[?25l')
  return {
    draw: (lines) => {
      // A connection that is too slow for all pictures gets fewer of them.
      if (out.writableNeedDrain === true) return
      const { columns = SIZE_USUAL.columns, rows = SIZE_USUAL.rows } = out
      // Behind a line that fills its row there is nothing to be cleared; many terminals would clear its last letter.
      const shown = lines.slice(0, rows).map((line) => {
        const fitting = cut(line, columns)
        return widthOf(fitting) < columns ? `${fitting}\u001b[K` : fitting
      })
      out.write(`\u001b[H${shown.join('\r\n')}\u001b[J`)
    },
    close: () => void out.write('\u001b[?25h\u001b[?1049l'),
  }
}
