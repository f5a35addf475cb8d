/** Full files that are kept, beside the one that is written. */
export const FORMER_FILES = 2

/** Of a machine: the file that is written, or the nth before it. */
export const recordingName = (machine: string, nth = 0): string => `${machine}${nth === 0 ? '' : `.${nth}`}.jsonl`

/** `null`: done. Never called within the call. */
type Done = (error: NodeJS.ErrnoException | null) => void

/** Where the steps of one machine are written: a file, and a few that were full before it. One call at a time. */
export interface RecordingFile {
  /** Begins a new file; the oldest of those before it goes. */
  begin(done: Done): void
  /** To the end of the file that was begun. */
  append(bytes: Uint8Array, done: Done): void
}
