import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { WARNINGS } from '../../../../runtime/actor-system/inspection/warning-codes.ts'

const root = new URL('../../../../', import.meta.url)
const page = readFileSync(new URL('docs/doctor.md', root), 'utf8')
const kinds = Object.entries(WARNINGS)

/** All that an actor's room says; the start of a gateway is a room, too. */
function sourcesOf(actor: string): string {
  const room = new URL(actor === 'gateway' ? 'runtime/gateway/' : `actors/${actor}/`, root)
  const files = readdirSync(room, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  return files.map((file) => readFileSync(new URL(file, room), 'utf8')).join('\n')
}

describe('every warning there is', () => {
  test('is said by the actors that the list names', () => {
    const sources = new Map(kinds.flatMap(([, { by }]) => by).map((actor) => [actor, sourcesOf(actor)]))
    const unsaid = kinds.flatMap(([code, { by }]) =>
      by.filter((actor) => !sources.get(actor)!.includes(`'${code}'`)).map((actor) => `${code} by ${actor}`),
    )
    expect(unsaid).toEqual([])
  })

  test('is in docs/doctor.md with its level, who says it and what it means, and no other is', () => {
    const [, section = ''] = page.split('\n## Warnings of the status\n')
    const rows = [...section.matchAll(/^\| `([a-z-]+)` \| ([a-z]+) \| ([a-z, -]+) \| (.+) \|$/gm)]
    const told = rows.map(([, ...cells]) => cells)
    expect(told).toEqual(kinds.map(([code, { level, by, meaning }]) => [code, level, by.join(', '), meaning]))
  })

  test('has a code in kebab-case', () => {
    expect(kinds.map(([code]) => code).filter((code) => !/^[a-z]+(-[a-z]+)*$/.test(code))).toEqual([])
  })
})
