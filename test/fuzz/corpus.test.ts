/** What the fuzzing has found to reach something, again; and a few inputs more, the same each time. */
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Campaign } from './campaign.ts'
import { readCorpus } from './corpus.ts'
import { type Failure, failureOf } from './failure.ts'
import { minimised } from './minimise.ts'
import { type FuzzTarget, holds, parsed } from './target.ts'
import { targets } from './targets/targets.ts'

const SEED = 20_261_130
const INPUTS = 200
/** Each of these takes a while: a command, or a connection. */
const SLOW = new Set([
  'keepalived',
  'haproxy',
  'replay',
  'yaml',
  'config',
  'check-config',
  'http-control',
  'http-tcp',
  'answers',
])
const INPUTS_OF_SLOW = 15

async function failuresOf(target: FuzzTarget, corpus: readonly Uint8Array[], inputs: number) {
  const failures: Failure[] = []
  const options = { seed: SEED, corpus, coverage: undefined, untilMs: Number.POSITIVE_INFINITY }
  const all = target.seeds.length + corpus.length + inputs
  await new Campaign(
    target,
    { ...options, inputs: all },
    {
      begins: () => undefined,
      failed: (failure) => failures.push(failure),
    },
  ).run()
  return failures
}

test.each(Object.keys(targets))('%s holds for its corpus, and for whatever comes', async (name) => {
  const target = await targets[name]!()
  try {
    const failures = await failuresOf(target, readCorpus(name), SLOW.has(name) ? INPUTS_OF_SLOW : INPUTS)
    expect(failures.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([])
  } finally {
    await target.close?.()
  }
})

test('every corpus is of a target', () => {
  expect(readdirSync(new URL('./corpus/', import.meta.url)).filter((name) => !(name in targets))).toEqual([])
})

test('a fault is found, and its input is made small', async () => {
  const run = (input: Uint8Array) => holds(!Buffer.from(input).includes('!!'), 'no two marks')
  const target: FuzzTarget = {
    name: 'faulty',
    mostBytes: 100,
    seeds: [Buffer.from('long text! and more')],
    words: ['!'],
    run,
  }
  const [failure, ...others] = await failuresOf(target, [], 2000)
  expect(others).toEqual([])
  expect(failure).toMatchObject({ kind: 'thrown', place: 'no two marks' })
  expect(Buffer.from(failure!.input).toString()).toBe('!!')
})

test('what is thrown is told by its kind and place, and made smaller as long as it is the same', async () => {
  const run = (input: Uint8Array) => {
    if (input.length > 3) throw new RangeError('too long')
  }
  const fails = async (input: Uint8Array) => {
    try {
      run(input)
      return false
    } catch (error) {
      return failureOf(error, input).message.startsWith('RangeError: too long')
    }
  }
  expect(await minimised(Buffer.from('abcdefgh'), fails)).toHaveLength(4)
})

test('a parser that reads beyond its packet gives itself away', () => {
  const beyond = (bytes: Buffer) => new DataView(bytes.buffer).getUint8(bytes.byteOffset + bytes.length)
  expect(() => parsed(Buffer.from('abc'), beyond)).toThrow('does not read beyond')
  expect(() => parsed(Buffer.from('abc'), (bytes) => bytes.fill(1))).toThrow('does not write')
  expect(parsed(Buffer.from('abc'), (bytes) => bytes.length)).toBe(3)
})
