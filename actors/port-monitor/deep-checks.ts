import type { Probe } from '../../runtime/ports/sockets/proxy-probe.ts'
import { type Damped, type DampingRules, damped } from './damping.ts'

/** A probe of one proxy, again and again. Never more than one of a check is under way. */
export interface DeepCheck {
  readonly probe: Probe
  /** From the answer to the next question. */
  readonly intervalMs: number
}

/** What is known by a check; undefined until its first answer. */
export interface CheckedSoFar extends DeepCheck {
  readonly result: Damped | undefined
}

export const notChecked = (checks: readonly DeepCheck[]): readonly CheckedSoFar[] =>
  checks.map((check) => ({ ...check, result: undefined }))

/** After the answer to one of them; `problem` null: as it should be. */
export function withAnswer(
  checks: readonly CheckedSoFar[],
  index: number,
  problem: string | null,
  rules: DampingRules,
): readonly CheckedSoFar[] {
  return checks.map((check, at) => (at === index ? { ...check, result: damped(check.result, problem, rules) } : check))
}

/** Whether each has been answered once. */
export const allAnswered = (checks: readonly CheckedSoFar[]): boolean =>
  checks.every(({ result }) => result !== undefined)

/** What the checks of a port have found; null where nothing is wrong. */
export function problemByChecks(checks: readonly CheckedSoFar[], port: number): string | null {
  return (
    checks.find(({ probe, result }) => probe.port === port && (result?.problem ?? null) !== null)?.result?.problem ??
    null
  )
}
