/** A program of the operator's, and how it is run: without a shell, in a process group of its own. */
export interface Program {
  /** Its path, and its arguments. */
  readonly command: readonly string[]
  /** What it reads on stdin; empty: nothing. */
  readonly input: string
  /** Then its whole process group is ended by SIGKILL. */
  readonly timeoutMs: number
}

export interface ProgramOutcome {
  /** What is wrong, for people; null: it ended with 0. */
  readonly problem: string | null
  /** The last line that it printed, stdout or stderr, of at most `LINE_CHARACTERS`; null: none. What else it prints is dropped. */
  readonly lastLine: string | null
}

/** Runs what the operator has written for this node. */
export interface Programs {
  /**
   * Runs a program to its end, or to the end of its time. Never rejects. One at a time of each `name`: where an earlier one has not ended,
   * not even by SIGKILL, that is the problem, and none is started.
   */
  run(name: string, program: Program): Promise<ProgramOutcome>
  /** Why that path should not be run, or cannot be, for people; null: nothing is wrong with it now. */
  weaknessOf(path: string): string | null
  /** Ends what is under way. */
  close(): void
}

/** What is kept of a line. */
export const LINE_CHARACTERS = 200

/** What came of it, for people; undefined where all is well. */
export const outcomeText = ({ problem, lastLine }: ProgramOutcome): string | undefined =>
  problem === null ? undefined : lastLine === null ? problem : `${problem}: ${lastLine}`
