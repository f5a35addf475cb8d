import type { Result } from '../../result.ts'
import { openUnixDatagrams } from '../../sockets/linux/unix-datagrams.ts'

/** A log that takes its lines as datagrams. Writing never waits: what is not taken is lost, and counted. */
interface DatagramLog<Line extends readonly unknown[]> {
  write(...line: Line): void
  readonly lost: number
  close(): void
}

/** By the daemon's socket. `messageOf`: a line in the form that the daemon takes. */
export function openLogDatagrams<Line extends readonly unknown[]>(
  path: string,
  messageOf: (...line: Line) => Uint8Array,
): Result<DatagramLog<Line>> {
  const opened = openUnixDatagrams(path)
  if (!opened.ok) return opened
  const daemon = opened.value
  let lost = 0
  return {
    ok: true,
    value: {
      write(...line) {
        if (!daemon.send(messageOf(...line))) lost += 1
      },
      get lost() {
        return lost
      },
      close: () => daemon.close(),
    },
  }
}

/** Control characters become spaces, so that a line cannot pose as two. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
export const inOneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f]/g, ' ')
