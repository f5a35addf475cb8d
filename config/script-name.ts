import { basename } from 'node:path'

/** As a script is named that is given no name: by its file. */
export const scriptName = ([path = '']: readonly string[]): string => basename(path)
