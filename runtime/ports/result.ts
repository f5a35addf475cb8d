/** The outcome of a call that the world may refuse: a value, not an exception. `code` is stable, `reason` is for people. */
export type Result<Value = undefined> = { readonly ok: true; readonly value: Value } | Refusal

export interface Refusal {
  readonly ok: false
  /** An errno name such as `EPERM`, or a stable code of ours. */
  readonly code: string
  readonly reason: string
}

export const done: Result = { ok: true, value: undefined }
/** For who cannot go on without: an error with that code. */
export const errorOf = ({ code, reason }: Refusal): Error => Object.assign(new Error(reason), { code })
export const refused = (code: string, reason: string): Refusal => ({ ok: false, code, reason })
