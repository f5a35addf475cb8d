/** What keys are read from. */
export interface KeyInput {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
  resume(): unknown
  pause(): unknown
  on(event: 'data', listener: (data: Buffer) => void): unknown
  off(event: 'data', listener: (data: Buffer) => void): unknown
}

/** Of a terminal in raw mode Ctrl-C is a key as any other. */
export const isQuit = (key: string): boolean => key === 'q' || key === '\u0003'

/** Calls `press` with each key where there is a terminal; the function that is returned gives the terminal back. */
export function readKeys(input: KeyInput, press: (key: string) => void): () => void {
  if (input.isTTY !== true || input.setRawMode === undefined) return () => undefined
  const listener = (data: Buffer): void => press(data.toString('latin1'))
  input.setRawMode(true)
  input.resume()
  input.on('data', listener)
  return () => {
    input.off('data', listener)
    input.setRawMode?.(false)
    input.pause()
  }
}
