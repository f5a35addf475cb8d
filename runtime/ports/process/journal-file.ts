import type { Result } from '../result.ts'

/** A text file that grows by lines and is made anew at times. A path names it. */
export interface JournalFile {
  /** Its last so many bytes; empty where there is no such file. */
  read(path: string, mostBytes: number): Promise<Result<string>>
  append(path: string, text: string): Promise<Result>
  /** Whoever reads it, now or after a loss of power, has either what was there before or all of this. */
  replace(path: string, text: string): Promise<Result>
}
