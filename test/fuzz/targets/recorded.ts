import {
  decodeRecorded,
  encodeRecorded,
  MissingKeyError,
} from '../../../runtime/actor-system/recording/recorded-value.ts'
import { RecordingError } from '../../../runtime/actor-system/recording/recording-error.ts'
import { bytesOf, type FuzzTarget, same, textOf, thrownBy } from '../target.ts'
import { mutatedTree } from '../tree-mutator.ts'

const KEYS = ['a-key-of-the-group']
const VALUES: readonly unknown[] = [
  { a: [1, 'b', null, true], map: new Map([['k', new Map([[1, new Set([2])]])]]), set: new Set(['x']) },
  {
    bytes: Uint8Array.from([1, 2]),
    words: Uint16Array.from([1, 500]),
    big: 12n,
    none: undefined,
    infinite: Number.POSITIVE_INFINITY,
  },
  { $: 'a name that is ours', keys: KEYS, url: 'http://u:p@h/', command: ['/bin/x', 'secret'] },
]

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Values of recordings: JSON that anybody may have edited. */
export const recorded: FuzzTarget = {
  name: 'recorded',
  mostBytes: 4096,
  seeds: VALUES.map((value) => bytesOf(encodeRecorded(value))),
  words: [
    '{"$":"Map","v":[',
    '{"$":"Set","v":',
    '{"$":"bigint","v":"',
    '{"$":"number","v":"NaN"}',
    '{"$":"undefined"}',
    '{"$":"Uint32Array","v":"AAAA"}',
    '{"$":"object","v":{"$":1}}',
    '{"$":"key","v":"',
    '__proto__',
  ],
  mutate: (input, random) =>
    bytesOf(
      JSON.stringify(
        mutatedTree(json(textOf(input)) ?? {}, random, [
          '$',
          'v',
          'Map',
          'Set',
          'bigint',
          'number',
          'object',
          'key',
          'undefined',
          'BigUint64Array',
          'Float64Array',
          'Uint8Array',
          'AAAA',
        ]),
      ) ?? 'null',
    ),
  run(input) {
    const read = json(textOf(input))
    if (read === undefined) return 'no JSON'
    let value: unknown
    const thrown = thrownBy(
      () => {
        value = decodeRecorded(read, KEYS)
      },
      MissingKeyError,
      RecordingError,
    )
    if (thrown !== undefined) return thrown.name
    const text = encodeRecorded(value)
    const again = thrownBy(
      () => same(encodeRecorded(decodeRecorded(JSON.parse(text), KEYS)), text, 'a value is recorded the same again'),
      MissingKeyError,
    )
    return again?.name
  },
}
