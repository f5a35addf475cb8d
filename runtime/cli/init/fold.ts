/** What fits a terminal of 80 columns, also where it puts the cursor behind the last one. */
const COLUMNS = 79
/** Of the labels in front of what was found. */
export const LABEL_COLUMNS = 13

/** A line in lines that fit, the others indented as its text is: behind a label, a dash, or spaces. */
export function foldLine(line: string): readonly string[] {
  const label = /^(?=.{13}\S)\S.{0,10}\S? {2,}/.exec(line)?.[0]
  const indent = label?.length === LABEL_COLUMNS ? LABEL_COLUMNS : (/^ *(?:- )?/.exec(line)?.[0].length ?? 0)
  const lines: string[] = []
  let current = line.slice(0, indent)
  let isEmpty = true
  for (const word of line.slice(indent).split(' ')) {
    if (!isEmpty && current.length + 1 + word.length > COLUMNS) {
      lines.push(current)
      current = ' '.repeat(indent)
      isEmpty = true
    }
    current = isEmpty ? `${current}${word}` : `${current} ${word}`
    isEmpty = false
  }
  return [...lines, current]
}
