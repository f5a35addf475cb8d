import { isIP, isIPv4 } from 'node:net'
import { z } from 'zod'
import { bitsOf, canonicalAddress } from '../runtime/wire/ip-address-bytes.ts'
import { notAHostAddress, notInSubnetHosts } from './host-addresses.ts'
import { describeValue, mustBe } from './problems.ts'

/** A mapping with these keys and no others. */
export const mapping = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, { error: (issue) => mustBe('a mapping of keys to values', issue.input) })

/** A list that is not empty. */
export const listOf = <Item extends z.ZodType>(item: Item, expectation: string) =>
  z
    .array(item, { error: (issue) => mustBe(expectation, issue.input) })
    .min(1, { error: `is an empty list; it must be ${expectation}` })

/** A whole number of `least..most`. */
export function whole(least: number, most: number, expectation = `${least}..${most}`) {
  const error = (issue: { readonly input?: unknown }) => {
    const quoted = typeof issue.input === 'string' && /^\d+$/.test(issue.input)
    return mustBe(expectation, issue.input, quoted ? 'write the number without quotes' : undefined)
  }
  return z.int({ error }).min(least, { error }).max(most, { error })
}

export const port = () => whole(1, 65_535)

/** From `first` to `last`, both of them in it. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

const PORT_RANGE = /^(\d{1,5})-(\d{1,5})$/

/** Undefined where the text is no range. */
export function parsePortRange(text: unknown): PortRange | undefined {
  const match = typeof text === 'string' ? PORT_RANGE.exec(text) : null
  if (match === null) return undefined
  const [first, last] = [Number(match[1]), Number(match[2])]
  return first >= 1 && first < last && last <= 65_535 ? { first, last } : undefined
}

/** A port, or a text such as `50000-50100`. */
export const portOrRange = () => {
  const error = (issue: { readonly input?: unknown }) => {
    const { input } = issue
    if (typeof input !== 'string') return mustBe('1..65535', input)
    if (/^\d+$/.test(input)) return mustBe('1..65535', input, 'write the number without quotes')
    return mustBe('a port, or a range such as 50000-50100 within 1..65535', input)
  }
  const range = z.string({ error }).regex(PORT_RANGE, { error }).refine(parsePortRange, { error })
  return z.union([port(), range], { error })
}

export const yesOrNo = () => z.boolean({ error: (issue) => mustBe('true or false', issue.input) })

/** One of a few words (or numbers). */
export function oneOf<const Words extends readonly (string | number)[]>(words: Words) {
  return z.literal(words, { error: (issue) => mustBe(words.join(', ').replace(/, ([^,]+)$/, ' or $1'), issue.input) })
}

/** What a failure does to the priority: `off`, `fault`, or a change by -253..-1. */
export const trackEffect = () => {
  const error = (issue: { readonly input?: unknown }) => mustBe('off, fault or a weight of -1..-253', issue.input)
  return z.union([z.literal(['off', 'fault']), z.int().min(-253, { error }).max(-1, { error })], { error })
}

/** What a script does to the priority. */
export const scriptWeight = () => {
  const error = (issue: { readonly input?: unknown }) => mustBe('a weight of -253..-1 or 1..253', issue.input)
  return z
    .int({ error })
    .min(-253, { error })
    .max(253, { error })
    .refine((weight) => weight !== 0, { error })
}

/** Text that is not empty and fits one line. */
export function text(expectation: string, pattern: RegExp) {
  const error = (issue: { readonly input?: unknown }) => mustBe(expectation, issue.input)
  return z.string({ error }).regex(pattern, { error })
}

const COMMAND = 'a path that starts with /, or a list of such a path and arguments'
/** Of a program and its arguments. */
const MAX_WORDS = 64

/** A program that is run without a shell, and is not looked for: its path, or a list of that and its arguments; the value is the list. */
export function command() {
  const error = (issue: { readonly input?: unknown }) => mustBe(COMMAND, issue.input)
  const program = z.string({ error }).regex(/^\/[^\0]*$/, { error })
  const words = z
    .array(z.string({ error }).regex(/^[^\0]*$/, { error }), { error })
    .min(1, { error })
    .max(MAX_WORDS, { error: `has more than ${MAX_WORDS} arguments` })
    .refine(([path]) => program.safeParse(path).success, { error })
  return z.union([program.transform((path) => [path]), words], { error })
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/

/** Milliseconds of `500ms`, `1s`, `2.5s`, `2m`, `1h`; undefined where the text is no duration. */
export function parseDurationMs(duration: string): number | undefined {
  const match = DURATION.exec(duration)
  // Rounded to microseconds: 4.1 * 1000 is not 4100 in binary fractions.
  return match ? Math.round(Number(match[1]) * UNIT_MS[match[2]!]! * 1000) / 1000 : undefined
}

/** A duration with its unit, of `least..most`; the value is in milliseconds. */
export function durationMs(least: string, most: string) {
  const error = (issue: { readonly input?: unknown }) =>
    mustBe('a duration with its unit, such as 500ms, 1s or 2m', issue.input)
  const [leastMs, mostMs] = [parseDurationMs(least)!, parseDurationMs(most)!]
  return z
    .string({ error })
    .regex(DURATION, { error })
    .transform((duration, context) => {
      const ms = parseDurationMs(duration)!
      if (ms >= leastMs && ms <= mostMs) return ms
      context.addIssue({ code: 'custom', message: `must be ${least}..${most}, is ${duration}` })
      return z.NEVER
    })
}

/** The same, or `0s` for never. */
export function durationOrNever(least: string, most: string) {
  const [leastMs, mostMs] = [parseDurationMs(least)!, parseDurationMs(most)!]
  return durationMs('0s', most).superRefine((ms, context) => {
    if (ms === 0 || (ms >= leastMs && ms <= mostMs)) return
    context.addIssue({ code: 'custom', message: `must be 0s (never) or ${least}..${most}, is ${ms}ms` })
  })
}

/** A unicast IPv4 address of a host. */
export const hostAddress = () =>
  z.string({ error: (issue) => mustBe('an IPv4 address', issue.input) }).superRefine((address, context) => {
    const problem = isIPv4(address) ? notAHostAddress(address) : mustBe('an IPv4 address', address)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem.replace(/^is /, `${address} is `) })
  })

/** An address as the file gives it: without a prefix IPv4 takes that of the interface's subnet, IPv6 /128. */
export interface WrittenAddress {
  readonly address: string
  readonly prefixLength: number | null
}

const VIRTUAL_IP = 'an IP address such as 10.0.0.5/24 or 2001:db8::5'

/** `10.0.0.5`, `10.0.0.5/24`, `2001:db8::5`, `2001:db8::5/64`. */
export const virtualIp = () =>
  z
    .string({ error: (issue) => mustBe(VIRTUAL_IP, issue.input) })
    .transform((written, context): WrittenAddress => {
      const read = readVirtualIp(written)
      if (typeof read !== 'string') return read
      context.addIssue({ code: 'custom', message: read })
      return z.NEVER
    })
    .meta({ pattern: '^(\\d{1,3}(\\.\\d{1,3}){3}(/\\d{1,2})?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/\\d{1,3})?)$' })

/** The address in its canonical form, or what is wrong with it. */
function readVirtualIp(written: string): WrittenAddress | string {
  const [text = '', prefix, ...more] = written.split('/')
  const address = canonicalAddress(text)
  if (address === undefined || more.length > 0) return mustBe(VIRTUAL_IP, written)
  const impossible = notAHostAddress(address)
  if (impossible !== undefined)
    return `${address} ${impossible}; a virtual IP is an address that clients can connect to`
  if (prefix === undefined) return { address, prefixLength: null }
  const prefixLength = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (!(prefixLength >= 1 && prefixLength <= bitsOf(address)))
    return `the prefix must be 1..${bitsOf(address)}, is ${describePrefix(prefix)}`
  const misplaced = notInSubnetHosts(address, prefixLength)
  return misplaced === undefined
    ? { address, prefixLength }
    : `${address} ${misplaced}; choose a host address, or another prefix`
}

function describePrefix(prefix: string): string {
  return /^\d{1,3}$/.test(prefix) ? prefix : describeValue(prefix)
}

/** Where a server listens. */
export interface ListenAddress {
  readonly address: string
  readonly port: number
}

/** `127.0.0.1:9253` or `[::1]:9253`. */
export const listenAddress = () =>
  z
    .string({ error: (issue) => mustBe('ADDRESS:PORT such as 127.0.0.1:9253', issue.input) })
    .transform((written, context): ListenAddress => {
      const match = /^(?:\[([0-9a-fA-F:.]+)\]|([\d.]+)):(\d{1,5})$/.exec(written)
      const address = match?.[1] ?? match?.[2] ?? ''
      const listenPort = Number(match?.[3])
      if (isIP(address) === 0) {
        context.addIssue({ code: 'custom', message: mustBe('ADDRESS:PORT such as 127.0.0.1:9253', written) })
        return z.NEVER
      }
      if (!(listenPort >= 1 && listenPort <= 65_535)) {
        context.addIssue({ code: 'custom', message: `the port must be 1..65535, is ${match?.[3]}` })
        return z.NEVER
      }
      return { address, port: listenPort }
    })
    .meta({ pattern: '^(\\[[0-9a-fA-F:.]+\\]|[0-9.]+):\\d{1,5}$' })
