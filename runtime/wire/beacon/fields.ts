/** Checks of what a beacon's msgpack was unpacked to, before anything of it is believed. */

export const UINT32 = 0xffff_ffff

/** All elements parsed; undefined where one cannot be. */
export function allOf<Parsed>(
  values: readonly unknown[],
  parse: (value: unknown) => Parsed | undefined,
): Parsed[] | undefined {
  const parsed: Parsed[] = []
  for (const value of values) {
    const element = parse(value)
    if (element === undefined) return undefined
    parsed.push(element)
  }
  return parsed
}

/** Not-a-number counts as 0. */
export const clamped = (value: number, most: number) => Math.round(Math.min(most, Math.max(0, value || 0)))
export const hasTwice = (values: readonly unknown[]) => new Set(values).size !== values.length
/** Fields that a later version may have put behind those that are known here; they are skipped. */
const LATER_FIELDS_MAX = 16
/** Fields in their order, all that are known or, of an earlier sender, the `least`. A field is never moved or taken away, only added at the end. */
export const hasFields = (value: unknown, known: number, least = known): value is readonly unknown[] =>
  Array.isArray(value) && value.length >= least && value.length <= known + LATER_FIELDS_MAX
export const isList = (value: unknown, most: number): value is readonly unknown[] =>
  Array.isArray(value) && value.length <= most
export const isBytes = (value: unknown, length: number): value is Uint8Array =>
  value instanceof Uint8Array && value.length === length
export const isWhole = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
export const isText = (value: unknown, least: number, most: number): value is string =>
  typeof value === 'string' &&
  value.length >= least &&
  value.length <= most &&
  !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(value)
