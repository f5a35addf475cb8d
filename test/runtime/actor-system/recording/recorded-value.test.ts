import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeRecorded,
  encodeRecorded,
  MissingKeyError,
} from '../../../../runtime/actor-system/recording/recorded-value.ts'
import { RecordingError } from '../../../../runtime/actor-system/recording/recording-error.ts'

const KEY = 'a key of the group, long enough'
const throughJson = (value: unknown, keys: readonly string[] = []): unknown =>
  decodeRecorded(JSON.parse(encodeRecorded(value)), keys)

test('what machines are made of comes back as it was', () => {
  const value = {
    map: new Map<unknown, unknown>([[1, new Set(['a'])]]),
    bytes: Buffer.from([0, 255]),
    slots: new Uint16Array([1, 65_535]),
    moved: new Float64Array([1.5, Number.NEGATIVE_INFINITY]),
    big: 2n ** 70n,
    never: Number.NEGATIVE_INFINITY,
    none: undefined,
    list: [undefined, null, Number.NaN, 0.1],
    $: 'a field of that name',
  }
  expect(throughJson(value)).toEqual(value)
})

test('a field of any name comes back', () => {
  const value = JSON.parse('{"__proto__":{"constructor":1}}') as unknown
  expect(JSON.stringify(throughJson(value))).toBe('{"__proto__":{"constructor":1}}')
})

test.each([
  { $: 'Map' },
  { $: 'Map', v: [1] },
  { $: 'Map', v: ['ab'] },
  { $: 'Set', v: 'x' },
  { $: 'bigint', v: 'a' },
  { $: 'bigint', v: '9'.repeat(1_000_000) },
  { $: 'object', v: null },
  { $: 'Uint8Array', v: 1 },
  { $: 'Float64Array', v: 'AAAA' },
  { $: 1 },
])('what no recording has made is refused: %j', (json) => {
  expect(() => decodeRecorded(json, [])).toThrow(RecordingError)
})

test('and so is what is nested too deeply', () => {
  const json = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown
  expect(() => decodeRecorded(json, [])).toThrow('too deeply')
})

test('any value of those kinds does', () => {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.double({ noNaN: true }).map((number) => number + 0),
      fc.bigInt(),
      fc.constantFrom(null, undefined, true),
      fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
      fc.float64Array({ maxLength: 3 }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('a', '$', 'v', 'keyed'), tie('value'), { noNullPrototype: true }),
      fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
      fc.array(fc.string(), { maxLength: 3 }).map((items) => new Set(items)),
    ),
  }))
  fc.assert(
    fc.property(value, (one) => {
      expect(throughJson(one)).toEqual(one)
    }),
  )
})

test('what is shared with other threads is left out', () => {
  expect(throughJson({ table: new SharedArrayBuffer(8), size: 1 })).toEqual({ table: undefined, size: 1 })
})

describe('secrets', () => {
  test('a key of the group is in no recording; who has it may replay', () => {
    const options = { keys: [KEY, 'another key of the group'], priority: 1 }
    expect(encodeRecorded(options)).not.toContain('group')
    expect(throughJson(options, ['unknown', ...options.keys])).toEqual(options)
    expect(() => throughJson(options, [KEY])).toThrow(MissingKeyError)
  })

  test('tokens, URLs, and the arguments of programs are withheld, their paths are not', () => {
    const options = {
      token: 'a secret',
      url: 'https://user:secret@example.com/?secret',
      command: ['/usr/bin/tell', '--password', 'secret'],
    }
    expect(encodeRecorded({ rules: [options] })).not.toContain('secret')
    expect(throughJson(options)).toEqual({
      token: '(withheld)',
      url: '(withheld)',
      command: ['/usr/bin/tell', '(withheld)', '(withheld)'],
    })
  })
})
