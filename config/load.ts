import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { z } from 'zod'
import { crossFieldProblems } from './cross-field.ts'
import { type Checked, formatPath, inLines, type Judged, nearestKey, type Problem, TOLD_MAX } from './problems.ts'
import {
  type GatewayFile,
  gatewayJsonSchema,
  gatewaySchema,
  isPlaceholder,
  MAX_KEYS,
  SECRET_CHARACTERS,
  TOKEN_CHARACTERS,
} from './schema.ts'
import { readYamlMapping } from './yaml-document.ts'

/** A configuration is a page of text; what is longer is another file. */
const FILE_LIMIT_BYTES = 1_048_576
const SECRET_FILE_LIMIT_BYTES = 4096

/** Reads and checks a file, with the files that it names. Every mistake is one line: `path: what is wrong; what to do`. */
export const loadConfig = (path: string): Checked<GatewayFile> => inLines(judgeConfig(path, true))

/** The same, each mistake with its path; `withFiles`: the files that it names are looked at, too. */
export function judgeConfig(path: string, withFiles: boolean): Judged<GatewayFile> {
  const text = readText(path, FILE_LIMIT_BYTES)
  if (!text.ok) return ofWhole(text.problems.map((problem) => `${path}: ${problem}`))
  const mapping = readYamlMapping(text.value)
  if (mapping.ok) return checkMapping(mapping.value, withFiles)
  return ofWhole(mapping.problems.map((problem) => (problem.startsWith('line ') ? problem : `${path}: ${problem}`)))
}

/** The same for a text, without looking at any file. */
export function parseConfig(text: string): Checked<GatewayFile> {
  const mapping = readYamlMapping(text)
  return mapping.ok ? inLines(checkMapping(mapping.value, false)) : mapping
}

const ofWhole = (lines: readonly string[]) =>
  ({ ok: false, problems: lines.map((text): Problem => ({ path: [], text })) }) as const

/** The same for what such a text holds. */
export const judgeMapping = (raw: Readonly<Record<string, unknown>>): Judged<GatewayFile> => checkMapping(raw, false)

function checkMapping(raw: Readonly<Record<string, unknown>>, withFiles: boolean): Judged<GatewayFile> {
  const parsed = gatewaySchema.safeParse(raw)
  const found: Problem[] = parsed.success ? [] : problemsIn(parsed.error.issues)
  found.push(...crossFieldProblems(raw))
  const files = withFiles && parsed.success ? fileFacts(parsed.data) : undefined
  if (files !== undefined) found.push(...files.problems)
  if (!parsed.success || found.length > 0)
    return { ok: false, problems: onePerPlace(inFileOrder(found, Object.keys(raw))) }
  return { ok: true, value: files?.file ?? parsed.data }
}

/** As a person reads the file, top to bottom; what is missing comes last. */
function inFileOrder(problems: readonly Problem[], keys: readonly string[]): readonly Problem[] {
  const places = new Map(keys.map((key, index) => [key, index]))
  const place = ([key, item]: Problem['path']) => {
    const index = places.get(String(key)) ?? -1
    return (index < 0 ? keys.length : index) * 1e6 + (typeof item === 'number' ? item : 0)
  }
  return problems.toSorted((one, other) => place(one.path) - place(other.path))
}

/** A value that breaks two rules is still one mistake. */
function onePerPlace(problems: readonly Problem[]): readonly Problem[] {
  const byPath = new Map<string, Problem>()
  for (const problem of problems) {
    const path = formatPath(problem.path)
    if (!byPath.has(path)) byPath.set(path, problem)
  }
  const all = [...byPath.values()]
  if (all.length <= TOLD_MAX) return all
  const text = `and ${all.length - TOLD_MAX} more mistakes like these: is it the right file?`
  return [...all.slice(0, TOLD_MAX), { path: [], text }]
}

function problemsIn(issues: readonly z.core.$ZodIssue[]): Problem[] {
  // It takes some milliseconds to make: once for all of them, and where there are any.
  let made: SchemaNode | undefined
  const schema = () => {
    made ??= gatewayJsonSchema()
    return made
  }
  return issues.flatMap((issue) => problemsOf(issue, schema))
}

function problemsOf(issue: z.core.$ZodIssue, schema: () => SchemaNode): readonly Problem[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  if (issue.code !== 'unrecognized_keys') return [{ path, text: issue.message }]
  const known = knownKeysAt(schema(), path)
  return issue.keys.map((key, index) => {
    // Nobody reads more of them, and to compare each with all that are known takes its time.
    const nearest = index < TOLD_MAX ? nearestKey(key, known) : undefined
    const advice = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean ${nearest}?`
    return { path: [...path, key], text: `is not a known key; ${advice}` }
  })
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly propertyNames?: { readonly enum?: readonly string[] }
  readonly items?: SchemaNode
}

/** The keys that the schema has at a path. */
function knownKeysAt(schema: SchemaNode, path: readonly (string | number)[]): readonly string[] {
  let node: SchemaNode | undefined = schema
  for (const step of path) node = typeof step === 'number' ? node?.items : node?.properties?.[step]
  return node?.propertyNames?.enum ?? Object.keys(node?.properties ?? {})
}

/** What the file system says to the paths in the file, and the file with the secrets that it names. */
function fileFacts(file: GatewayFile): { readonly problems: readonly Problem[]; readonly file: GatewayFile } {
  const problems: Problem[] = []
  const directory = file.control.socket === undefined ? undefined : dirname(file.control.socket)
  if (directory !== undefined && !statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    problems.push({ path: ['control', 'socket'], text: `the directory ${directory} is not there; create it` })
  }
  const path = ['cluster', 'keyFile']
  const { key, keys: written, keyFile } = file.cluster
  // Where there are both, that is the mistake.
  const keys = key === undefined && written === undefined ? secretsIn(keyFile, path, 'key', MAX_KEYS) : undefined
  const tokens = (file.inspector.tokens ?? []).map(({ token, tokenFile }, index) =>
    secretsIn(token === undefined ? tokenFile : undefined, ['inspector', 'tokens', index, 'tokenFile'], 'token', 1),
  )
  problems.push(...[keys, ...tokens].flatMap((read) => read?.problems ?? []))
  return {
    problems: problems.map((problem) => ({ ...problem, ofHost: true })),
    file: withSecrets(
      file,
      keys?.secrets,
      tokens.map((read) => read?.secrets[0]),
    ),
  }
}

function withSecrets(
  file: GatewayFile,
  keys: readonly string[] | undefined,
  tokens: readonly (string | undefined)[],
): GatewayFile {
  const { cluster, inspector } = file
  const listed = inspector.tokens?.map((entry, index) => ({ ...entry, token: entry.token ?? tokens[index] }))
  return {
    ...file,
    cluster: keys === undefined ? cluster : { ...cluster, keys: [...keys] },
    inspector: listed === undefined ? inspector : { ...inspector, tokens: listed },
  }
}

/** The secrets of a file, a line each, and what is wrong with it; its content is never told. Undefined where none is named. */
function secretsIn(
  file: string | undefined,
  path: Problem['path'],
  what: 'key' | 'token',
  most: number,
): { readonly secrets: readonly string[]; readonly problems: readonly Problem[] } | undefined {
  if (file === undefined) return undefined
  const failed = (text: string) => ({ secrets: [], problems: [{ path, text: `${file} ${text}` }] })
  const read = readText(file, SECRET_FILE_LIMIT_BYTES)
  if (!read.ok) return failed(read.problems.join('; '))
  const secrets = read.value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (secrets.length > most)
    return failed(`holds more than ${most} ${what}${most > 1 ? 's' : ''}, a line each; leave some out`)
  if (secrets.length === 0 || secrets.some((secret) => secret.length < SECRET_CHARACTERS)) {
    return failed(`holds too short a ${what}; take at least ${SECRET_CHARACTERS} characters`)
  }
  if (secrets.some(isPlaceholder)) {
    return failed(`holds a placeholder, which everybody knows; make a ${what}, e.g. by: openssl rand -hex 32 > ${file}`)
  }
  if (new Set(secrets).size < secrets.length) return failed(`holds a ${what} twice; leave one of both out`)
  if (what === 'token' && !secrets.every((secret) => TOKEN_CHARACTERS.test(secret))) {
    return failed('holds a token with a space or another character that no request can carry; make another')
  }
  return { secrets, problems: [] }
}

function readText(path: string, limitBytes: number): Checked<string> {
  const failed = (problem: string) => ({ ok: false, problems: [problem] }) as const
  try {
    const facts = statSync(path)
    if (facts.isDirectory()) return failed('is a directory; name the file itself')
    if (!facts.isFile()) return failed('is not a regular file')
    if (facts.size > limitBytes) return failed(`has ${facts.size} bytes; more than ${limitBytes} are refused`)
    return { ok: true, value: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return failed('is not there; check the path')
    if (code === 'EACCES' || code === 'EPERM')
      return failed('cannot be read: permission denied; check its owner and mode')
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return failed('is not UTF-8 text; save it as UTF-8')
    return failed(`cannot be read: ${message}`)
  }
}
