/** Figures in words. What is not known is a dash, never 0. */

const UNKNOWN = '–'
const NUMBER = new Intl.NumberFormat('en')
const CLOCK_WITH_ZONE = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P']

/** @param {number | null | undefined} value @returns {string} with separators: 12,345 */
export const count = (value) => (known(value) ? NUMBER.format(value) : UNKNOWN)

/** @param {number | null | undefined} share 0..1 @returns {string} */
export const percent = (share) => (known(share) ? `${Math.round(share * 100)} %` : UNKNOWN)

/** Three figures at most: 0.4, 12, 1.5 k. @param {number | null | undefined} value @returns {string} */
export function short(value) {
  if (!known(value)) return UNKNOWN
  const power = value < 1000 ? 0 : Math.min(PREFIXES.length - 1, Math.floor(Math.log10(value) / 3))
  const scaled = value / 1000 ** power
  const digits = scaled >= 10 || Number.isInteger(scaled) ? 0 : 1
  return `${scaled.toFixed(digits)}${power === 0 ? '' : ` ${PREFIXES[power]}`}`
}

/** @param {number | null | undefined} value @param {string} unit `B/s` @returns {string} `1.5 MB/s` */
export function shortWithUnit(value, unit) {
  const text = short(value)
  return text === UNKNOWN ? text : /[a-z]$/i.test(text) ? `${text}${unit}` : `${text} ${unit}`
}

/** The two greatest units at most: `4 min`, `2 h 5 min`. @param {number} ms @returns {string} */
export function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000))
  if (s < 60) return `${s} s`
  const minutes = Math.floor(s / 60)
  if (minutes < 60) return minutes < 5 && s % 60 > 0 ? `${minutes} min ${s % 60} s` : `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 > 0 && hours < 10 ? `${hours} h ${minutes % 60} min` : `${hours} h`
  return `${Math.floor(hours / 24)} d`
}

/** @param {number} ms of a handling: 0.02 ms .. 5 s @returns {string} */
export const milliseconds = (ms) =>
  ms < 1
    ? `${Math.round(ms * 1000)} µs`
    : ms < 1000
      ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
      : `${(ms / 1000).toFixed(1)} s`

/**
 * A time of the day in the reader's zone; with the date where it is of another day.
 *
 * @param {number} atMs since 1970
 * @param {number} nowMs
 * @returns {string}
 */
export function clockTime(atMs, nowMs) {
  const at = new Date(atMs)
  const time = at.toLocaleTimeString('en-GB')
  if (at.toDateString() === new Date(nowMs).toDateString()) return time
  return `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`
}

/** @param {number} atMs @returns {string} `14:03:07 CET` */
export const clockTimeWithZone = (atMs) => CLOCK_WITH_ZONE.format(atMs)

/** @param {string | null | undefined} iso @returns {number | null} */
export function instantOf(iso) {
  const at = Date.parse(iso ?? '')
  return Number.isNaN(at) ? null : at
}

/** @param {number} amount @param {string} one @param {string} [many] */
export const plural = (amount, one, many = `${one}s`) => `${count(amount)} ${amount === 1 ? one : many}`

/** @param {number | null | undefined} value @returns {value is number} */
const known = (value) => typeof value === 'number' && Number.isFinite(value)
