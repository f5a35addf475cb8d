import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Answer } from './server.ts'

/** The first is nearly as small as the others, at a third of the time. */
const LEVEL = 1
const squeeze = promisify(gzip)

/** Whether a reader takes gzip: named, and not by a weight of 0 (RFC 9110 §12.5.3). */
export const acceptsGzip = ({ 'accept-encoding': accepted = '' }: IncomingHttpHeaders): boolean =>
  [accepted]
    .flat()
    .some((list) => list.split(',').some((one) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$)[\d.]+\s*)?$/i.test(one)))

/** The same answer, compressed on a thread of its own. */
export async function gzipped(answer: Answer): Promise<Answer> {
  const body = await squeeze(answer.body, { level: LEVEL })
  return { ...answer, body, headers: { ...answer.headers, 'content-encoding': 'gzip' } }
}
