import type { DoctorReport } from '../messages.ts'
import { diagnose, type Observed } from './findings.ts'
import { NODE_RULES } from './node-findings.ts'
import { isoOf, Standing } from './standing.ts'
import { TRAFFIC_RULES } from './traffic-findings.ts'
import { verdictOf } from './verdict.ts'
import { VRRP_RULES } from './vrrp-findings.ts'

const RULES = [...VRRP_RULES, ...NODE_RULES, ...TRAFFIC_RULES]

/** Examines the gateway again and again, and remembers since when what it finds is so. */
export class Doctor {
  readonly #standing = new Standing()
  #okSinceMs: number | null = null

  /** `wallMs`: now, by the calendar. */
  examine(observed: Observed, wallMs: number): DoctorReport {
    const findings = this.#standing.note(diagnose(observed, RULES), wallMs)
    const isOk = findings.every(({ level }) => level === 'note')
    this.#okSinceMs = isOk ? (this.#okSinceMs ?? wallMs) : null
    return { verdict: verdictOf(observed.status, findings, wallMs, isoOf(this.#okSinceMs ?? wallMs)), findings }
  }
}
