/** One mistake in a configuration: where it is, and what is wrong with it; what to do about it follows a semicolon. */
export interface Problem {
  readonly path: readonly (string | number)[]
  readonly text: string
  /** The file is right as it is, but does not go with this host: another host, or a change to this one, would do. */
  readonly ofHost?: true
}

/** Either a value or every mistake that kept it from being one, a line each. */
export type Checked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly string[] }

/** The same, each mistake with its path. */
export type Judged<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** A line each. */
export const inLines = <Value>(judged: Judged<Value>): Checked<Value> =>
  judged.ok ? judged : { ok: false, problems: judged.problems.map(formatProblem) }

/** `['redirects', 0, 'proxyPort']` -> `redirects[0].proxyPort`; keys that are not plain words are quoted. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[\w-]+$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(shorten(step))}]`
  }
  return text
}

/** `path: text` on one line, whatever the file held. */
export function formatProblem(problem: Problem): string {
  const where = formatPath(problem.path)
  return where === '' ? problem.text : `${where}: ${problem.text}`
}

/** What a person would call a value that was found in the file. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'empty'
  if (typeof value === 'string') return `the text ${JSON.stringify(shorten(value))}`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'a list' : 'a mapping'
}

/** `must <be something>, is <value>`, or that the value is missing. */
export function mustBe(expectation: string, value: unknown, advice?: string): string {
  const what =
    value === undefined ? `is missing; it must be ${expectation}` : `must be ${expectation}, is ${describeValue(value)}`
  return advice === undefined ? what : `${what}; ${advice}`
}

/** The known key that was probably meant, if one is near enough. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const wanted = comparable(key)
  let best: { readonly key: string; readonly distance: number } | undefined
  for (const candidate of known) {
    const distance = editDistance(wanted, comparable(candidate))
    if (best === undefined || distance < best.distance) best = { key: candidate, distance }
  }
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.key.length / 3)) ? best.key : undefined
}

/** Mistakes that are told of one file. */
export const TOLD_MAX = 50

const SHOWN_CHARACTERS = 48

/** What of a text out of the file is repeated to whoever reads what is wrong with it. */
export function shorten(text: string, most = SHOWN_CHARACTERS): string {
  return text.length > most ? `${text.slice(0, most)}...` : text
}

/** `virtual_router_id` and `virtualRouterID` differ from `virtualRouterId` by spelling only. */
function comparable(key: string): string {
  return shorten(key).toLowerCase().replaceAll(/[_-]/g, '')
}

/** Levenshtein's distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const substituted = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substituted))
    }
    row = next
  }
  return row[to.length]!
}
