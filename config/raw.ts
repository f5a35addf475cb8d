/** A list of the file as written; what is none counts as empty, since the schema reports it. */
export const listAt = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The value of a key of the file as written; undefined where there is no mapping. */
export function fieldAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}
