/** Runs autocannon on the client's host: `node autocannon-client.ts OPTIONS-AS-JSON`, and sends the outcome. */
import autocannon from 'autocannon'
import { type AutocannonOptions, autocannonOutcome } from './autocannon-outcome.ts'

const options = JSON.parse(process.argv[2] ?? '') as AutocannonOptions
const responseTimesMs: number[] = []

const instance = autocannon(options, (failure, result) => {
  if (failure) throw failure
  process.send?.(autocannonOutcome(result, responseTimesMs), () => process.exit(0))
})

// As fast as it goes there are a million of them, and nobody asks.
if (options.overallRate !== undefined) {
  instance.on('response', (_client, _status, _bytes, responseTimeMs) => responseTimesMs.push(responseTimeMs))
}

process.on('disconnect', () => process.exit())
