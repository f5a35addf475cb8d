import { availableParallelism } from 'node:os'
import { startProcess, startProgram } from '../../runtime/lab/testbed/processes.ts'
import { autocannonOptions } from './autocannon-outcome.ts'
import { clientHost } from './network.ts'
import type { Load, Outcome } from './scenarios.ts'
import { parseWrk, wrkArguments } from './wrk.ts'

/** Puts a load on a URL from the client's host. @throws Error when the generator ends without a report */
export type Generator = (load: Load, url: string, seconds: number) => Promise<Outcome>

/** wrk, from the client's host. */
export const runWrk: Generator = async (load, url, seconds) => {
  const lines: string[] = []
  const args = wrkArguments(load, url, seconds, availableParallelism())
  await startProcess({ host: clientHost, command: 'wrk', args, onLine: (line) => lines.push(line) }).closed
  const outcome = parseWrk(lines.join('\n'))
  if (!outcome) throw new Error(`wrk gave no report:\n${lines.join('\n')}`)
  return outcome
}

/** autocannon, from the client's host. */
export const runAutocannon: Generator = async (load, url, seconds) => {
  let outcome: Outcome | undefined
  const lines: string[] = []
  const program = new URL('./autocannon-client.ts', import.meta.url)
  const args = [JSON.stringify(autocannonOptions(load, url, seconds))]
  await startProgram(clientHost, program, args, {
    onMessage: (message: Outcome) => {
      outcome = message
    },
    onLine: (line) => lines.push(line),
  }).closed
  if (!outcome) throw new Error(`autocannon gave no report:\n${lines.join('\n')}`)
  return outcome
}
