/** An nftables table as data: printed whole, or as the smallest transaction that makes one out of another. */
import type { NftFamily, NftOutline } from './nft.ts'

/** A set or a map; or a counter, which rules name and which has no elements. */
export interface NftSet {
  readonly kind: 'set' | 'map' | 'counter'
  readonly name: string
  /** Type, size and flags, as in nft's syntax. */
  readonly declaration: string
  /** Key -> what follows it: ` : value` of a map, nothing of a set. Undefined: packets write the elements, a change leaves them alone. */
  readonly elements: ReadonlyMap<string, string> | undefined
}

export interface NftChain {
  readonly name: string
  /** `type filter hook ...`, of a base chain. */
  readonly hook?: string
  readonly rules: readonly string[]
}

export interface NftTable {
  readonly family: NftFamily
  readonly name: string
  readonly sets: readonly NftSet[]
  readonly chains: readonly NftChain[]
}

/** A set of keys, which a change compares. */
export function keySet(name: string, declaration: string, keys: readonly string[]): NftSet {
  return { kind: 'set', name, declaration, elements: new Map(keys.map((key) => [key, ''])) }
}

/** A counter, which begins at 0. */
export function counter(name: string): NftSet {
  return { kind: 'counter', name, declaration: 'packets 0 bytes 0', elements: undefined }
}

/** More elements than this in one command are split: nft's parser is slow with very long lines. */
const ELEMENTS_PER_COMMAND = 1024

/** Removes a table, also where there is none. */
export function removedTable({ family, name }: Pick<NftTable, 'family' | 'name'>): string {
  // `delete` of what is not there fails the transaction, `destroy` needs nft 1.0.7: so it is made first.
  return `add table ${family} ${name}\ndelete table ${family} ${name}\n`
}

/** Makes a table anew, whatever was there. */
export function wholeTable(table: NftTable): string {
  return removedTable(table) + tableBody(table)
}

function tableBody(table: NftTable): string {
  const sets = table.sets.map(({ kind, name, declaration }) => `  ${kind} ${name} { ${declaration} }\n`)
  const chains = table.chains.map(({ name, hook, rules }) => {
    const lines = [...(hook === undefined ? [] : [hook]), ...rules]
    return lines.length === 0 ? `  chain ${name} {\n  }\n` : `  chain ${name} {\n    ${lines.join('\n    ')}\n  }\n`
  })
  const elements = table.sets.map((set) => elementCommands('add', table, set.name, [...(set.elements ?? [])]))
  return `table ${table.family} ${table.name} {\n${sets.join('')}${chains.join('')}}\n${elements.join('')}`
}

/** Makes a table anew around the sets of those names, which are there, and go on as they are. */
export function remadeTable(
  table: NftTable,
  there: Pick<NftOutline, 'sets' | 'chains'>,
  kept: ReadonlySet<string>,
): string {
  const place = `${table.family} ${table.name}`
  // A verdict map holds chains, and a rule its counter.
  const sets = there.sets.toSorted(({ kind }, other) => Number(kind === 'counter') - Number(other.kind === 'counter'))
  const removals = [
    `flush table ${place}\n`,
    ...sets.map(({ kind, name }) => `delete ${kind} ${place} ${name}\n`),
    ...there.chains.map((name) => `delete chain ${place} ${name}\n`),
  ]
  return removals.join('') + tableBody({ ...table, sets: table.sets.filter(({ name }) => !kept.has(name)) })
}

/**
 * What makes `after` out of `before`: elements and the rules of changed chains, so that packets never meet an empty
 * table; all of the table where its sets or hooks differ. Empty where nothing does.
 */
export function tableChange(before: NftTable, after: NftTable): string {
  if (!hasSameSkeleton(before, after)) return wholeTable(after)
  const removals: string[] = []
  const additions: string[] = []
  after.sets.forEach((set, index) => {
    const had = before.sets[index]!.elements
    if (set.elements === undefined || had === undefined || set.elements === had) return
    const [more, less] = [entriesBeyond(set.elements, had), entriesBeyond(had, set.elements)]
    removals.push(elementCommands('delete', after, set.name, less))
    additions.push(elementCommands('add', after, set.name, more))
  })
  const changed = after.chains.filter(({ rules }, index) => rules.join('\n') !== before.chains[index]!.rules.join('\n'))
  const place = `${after.family} ${after.name}`
  const flushes = changed.map(({ name }) => `flush chain ${place} ${name}\n`)
  const rules = changed.flatMap((chain) => chain.rules.map((rule) => `add rule ${place} ${chain.name} ${rule}\n`))
  return [...flushes, ...removals, ...additions, ...rules].join('')
}

/** Adds to a set, or takes out of it. */
export function elementCommands(
  verb: 'add' | 'delete',
  { family, name }: Pick<NftTable, 'family' | 'name'>,
  set: string,
  entries: readonly (readonly [key: string, rest: string])[],
): string {
  let text = ''
  for (let at = 0; at < entries.length; at += ELEMENTS_PER_COMMAND) {
    const part = entries.slice(at, at + ELEMENTS_PER_COMMAND).map(([key, rest]) => key + rest)
    text += `${verb} element ${family} ${name} ${set} { ${part.join(', ')} }\n`
  }
  return text
}

function entriesBeyond(here: ReadonlyMap<string, string>, there: ReadonlyMap<string, string>): [string, string][] {
  return [...here].filter(([key, rest]) => there.get(key) !== rest)
}

/** Whether one can become the other in place. */
export function hasSameSkeleton(one: NftTable, other: NftTable): boolean {
  return skeletonOf(one) === skeletonOf(other)
}

function skeletonOf({ family, name, sets, chains }: NftTable): string {
  const setsOnly = sets.map((set) => [set.kind, set.name, set.declaration])
  return JSON.stringify([family, name, setsOnly, chains.map((chain) => [chain.name, chain.hook ?? null])])
}
