import { judgeMapping, parseConfig } from '../../../config/load.ts'
import { readYamlMapping } from '../../../config/yaml-document.ts'
import { bytesOf, type FuzzTarget, holds, same, textOf } from '../target.ts'
import { holdsOfFile, holdsOfProblems, texts, words } from './yaml-samples.ts'

/** Configurations as text. */
export const yaml: FuzzTarget = {
  name: 'yaml',
  mostBytes: 4096,
  boundMs: 500,
  seeds: texts.filter((text) => text.length < 4096).map(bytesOf),
  words: [
    ...words,
    '&a ',
    '*a',
    '<<: *a',
    '!!binary ',
    '!!set ',
    '!!timestamp ',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '|\n',
    '>-\n',
    '? ',
    ': ',
    '[',
    '{',
    '- ',
    '~',
    '.nan',
    '0x10',
    '0o7',
    '1e400',
    '__proto__: ',
    '"\\u0000"',
    '\t',
  ],
  run(input) {
    const text = textOf(input)
    const mapping = readYamlMapping(text)
    const checked = parseConfig(text)
    if (!mapping.ok) {
      same(checked, mapping, 'a text that is no YAML is refused as that')
      holdsOfProblems(
        mapping.problems.map((problem) => ({ path: [], text: problem })),
        true,
      )
      return mapping.problems[0]!.replaceAll(/\d+|"[^"]*"/g, '').slice(0, 40)
    }
    const judged = judgeMapping(mapping.value)
    same(judged.ok, checked.ok, 'a text is judged as its mapping is')
    if (!judged.ok) {
      holdsOfProblems(judged.problems, false)
      return
    }
    holds(checked.ok, 'a text is judged as its mapping is')
    holdsOfFile(judged.value)
    return 'right'
  },
}
