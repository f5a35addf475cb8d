import type { OptionEntry } from '../command-tree.ts'

/** What follows these options is the name of a file. */
const FILES = new Set(['file', 'path'])

export const takesFile = ({ argument }: OptionEntry): boolean => argument !== null && FILES.has(argument)

/** As it is typed: `-c` and `--config`. */
export const wordsOf = ({ short, long }: OptionEntry): readonly string[] =>
  [short, long].filter((word): word is string => word !== null)
