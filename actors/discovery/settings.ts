import { createHash } from 'node:crypto'
import { MAX_SETTING_LENGTH, MAX_SETTINGS } from '../../runtime/wire/beacon/body.ts'

export type Settings = Readonly<Record<string, string>>

/** Settings as beacons carry them: sorted by name, and what is too long as its beginning with a digest of the whole. */
export function compactSettings(settings: Settings): Settings {
  const names = Object.keys(settings).sort().slice(0, MAX_SETTINGS)
  return Object.fromEntries(names.map((name) => [name, compact(settings[name]!)]))
}

function compact(value: string): string {
  const text = value.replaceAll(/\p{Cc}/gu, ' ')
  if (text.length <= MAX_SETTING_LENGTH) return text
  const digest = ` (sha256 ${sha256(value).slice(0, 12)})`
  return text.slice(0, MAX_SETTING_LENGTH - digest.length) + digest
}

/** 16 hexadecimal digits that are the same for the same settings. */
export function digestOf(settings: Settings): string {
  const pairs = Object.entries(compactSettings(settings))
  return sha256(JSON.stringify(pairs)).slice(0, 16)
}

export interface SettingDifference {
  readonly name: string
  /** Null: not set. */
  readonly ours: string | null
  readonly theirs: string | null
}

/** What differs between two sets of compact settings, by name. */
export function differences(ours: Settings, theirs: Settings): SettingDifference[] {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)].sort())
  return [...names]
    .map((name) => ({ name, ours: ours[name] ?? null, theirs: theirs[name] ?? null }))
    .filter((pair) => pair.ours !== pair.theirs)
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
