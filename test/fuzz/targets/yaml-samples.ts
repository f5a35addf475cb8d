import { readFileSync } from 'node:fs'
import { formatProblem, type Problem, TOLD_MAX } from '../../../config/problems.ts'
import { judgeOnHost } from '../../../config/resolve.ts'
import { type GatewayFile, gatewayJsonSchema } from '../../../config/schema.ts'
import { brokenFiles } from '../../config/broken-files.ts'
import { holds } from '../target.ts'

const example = readFileSync(new URL('../../../config/gateway.example.yaml', import.meta.url), 'utf8')
/** With every setting that it shows in a comment. */
const uncommented = example.replaceAll(/^( *)# ?([a-zA-Z]+:)/gm, '$1$2')

export const texts: readonly string[] = [example, uncommented, ...brokenFiles.map(({ yaml }) => yaml)]

/** The keys and words of the schema. */
export const words: readonly string[] = [...wordsIn(gatewayJsonSchema())]

function wordsIn(schema: unknown, found = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return found
  const { properties, enum: values } = schema as { readonly properties?: object; readonly enum?: readonly unknown[] }
  for (const key of Object.keys(properties ?? {})) found.add(key)
  for (const value of values ?? []) found.add(String(value))
  for (const each of Object.values(schema)) wordsIn(each, found)
  return found
}

const PROBLEM_CHARACTERS_MOST = 2000

/** Each names where it is, in one line that a person can read. */
export function holdsOfProblems(problems: readonly Problem[], isWhole: boolean): void {
  holds(problems.length > 0, 'what is refused has a reason')
  holds(problems.length <= TOLD_MAX + 1, 'no more mistakes are told than can be read')
  for (const [index, problem] of problems.entries()) {
    const isRest = problem.path.length === 0 && /^and \d+ more/.test(problem.text) && index === problems.length - 1
    holds(isWhole || problem.path.length > 0 || isRest, `a mistake names its field (${problem.text})`)
    const line = formatProblem(problem)
    holds(line.length <= PROBLEM_CHARACTERS_MOST, 'a mistake is short')
    holds(!line.includes('\n'), 'a mistake is one line')
  }
}

const interfaceAddresses = [{ address: '10.0.0.1', prefixLength: 24, secondary: false, noDad: false }] as never

/** A file that is right is resolved, or refused by this host for a reason. */
export function holdsOfFile(file: GatewayFile): void {
  const resolved = judgeOnHost(file, { hostname: 'jupiter', cores: 2, interfaceAddresses, mtu: 1500 })
  if (!resolved.ok) holdsOfProblems(resolved.problems, false)
}
