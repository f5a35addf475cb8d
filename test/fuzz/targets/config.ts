import { stringify } from 'yaml'
import { judgeMapping } from '../../../config/load.ts'
import { readYamlMapping } from '../../../config/yaml-document.ts'
import { bytesOf, type FuzzTarget, textOf } from '../target.ts'
import { mutatedTree } from '../tree-mutator.ts'
import { holdsOfFile, holdsOfProblems, texts, words } from './yaml-samples.ts'

const mappingIn = (text: string): Readonly<Record<string, unknown>> => {
  const read = readYamlMapping(text)
  return read.ok ? read.value : {}
}
const atoms = [
  ...words,
  1,
  51,
  3128,
  65_535,
  '10.0.0.6/24',
  'fe80::5/64',
  '50000-50100',
  '1s',
  '10ms',
  '5m',
  '127.0.0.1:9253',
  '/run/x',
  'http://10.0.0.1/',
]

/** Configurations that are YAML, with odd values in odd places. */
export const config: FuzzTarget = {
  name: 'config',
  mostBytes: 32_768,
  boundMs: 500,
  seeds: texts.filter((text) => text.length < 32_768).map(bytesOf),
  words,
  mutate: (input, random) =>
    bytesOf(stringify(mutatedTree(mappingIn(textOf(input)), random, atoms), { aliasDuplicateObjects: false })),
  run(input) {
    const judged = judgeMapping(mappingIn(textOf(input)))
    if (judged.ok) {
      holdsOfFile(judged.value)
      return 'right'
    }
    holdsOfProblems(judged.problems, false)
    // What is wrong, without the values that it is wrong with.
    return judged.problems
      .at(-1)!
      .text.replaceAll(/"[^"]*"|\d+/g, '')
      .slice(0, 24)
  },
}
