/** What an input did that no input may. */
export interface Failure {
  readonly kind: 'thrown' | 'slow' | 'hung' | 'died'
  /** Two with the same are one fault. */
  readonly place: string
  readonly message: string
  readonly input: Uint8Array
}

/** The kind of error, and where in the sources it came from; of a violation, the property. */
export function failureOf(error: unknown, input: Uint8Array): Failure {
  const { name = 'thrown', message = String(error), stack = '' } = error as Partial<Error>
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const product = frames.find((line) => /\/(actors|config|runtime)\//.test(line) && !line.includes('node_modules'))
  const at = /\/((?:actors|config|runtime)\/[^():]+:\d+)/.exec(product ?? '')?.[1] ?? frames[0]?.trim() ?? ''
  const place = name === 'Violation' ? message.split(':')[0]! : `${name} at ${at}`
  return { kind: 'thrown', place, message: `${name}: ${message}\n${frames.slice(0, 6).join('\n')}`, input }
}
