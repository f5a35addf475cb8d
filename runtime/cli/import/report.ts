import type { Difference } from './statement.ts'

const TOLD_MAX = 500
const TEXT_CHARACTERS = 100

/** What differs, a line of the old configuration each with the reason below it, in their order. */
export function reportLines(differences: readonly Difference[]): readonly string[] {
  const needless = differences.filter(isNeedless).length
  const others = differences.length - needless
  if (differences.length === 0) return ['Every line has its equivalent.']
  const told = inOrder(differences).slice(0, TOLD_MAX)
  const more = differences.length - told.length
  return [
    `${others} ${others === 1 ? 'line' : 'lines'} to look at, and ${needless} not needed:`,
    ...told.flatMap(({ file, line, text, reason, instead }) => [
      `${file}:${line}: ${shortened(text)}`,
      `    ${reason}`,
      ...(instead === undefined ? [] : [`    instead: ${instead}`]),
    ]),
    ...(more > 0 ? [`and ${more} more`] : []),
  ]
}

const isNeedless = ({ reason }: Difference): boolean => reason.startsWith('not needed')

/** By file, in the order in which they come up, and by line. */
function inOrder(differences: readonly Difference[]): readonly Difference[] {
  const files = [...new Set(differences.map(({ file }) => file))]
  return differences.toSorted(
    (one, other) => files.indexOf(one.file) - files.indexOf(other.file) || one.line - other.line,
  )
}

const shortened = (text: string): string =>
  text.length > TEXT_CHARACTERS ? `${text.slice(0, TEXT_CHARACTERS)}...` : text
