import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { citedTestsOf, namesIn, problemOfCited } from './cited-tests.ts'

const PAGE = 'docs/security.md'
const text = readFileSync(PAGE, 'utf8')
const cited = citedTestsOf(PAGE, text)
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))

describe('what is said of security', () => {
  it.each(cited.map((one) => [one.name, one] as const))('%s: the test is there', (_, one) => {
    expect(problemOfCited(one)).toBeUndefined()
  })

  it('refers to each of them, and to no other', () => {
    expect(cited.length).toBeGreaterThan(80)
    expect([...new Set(namesIn(text))].sort()).toEqual(cited.map(({ name }) => name).sort())
  })

  it('has a test for what stops an attack, or says what does', () => {
    const attacks = text
      .split(/^## /m)
      .filter((section) => section.includes('| attack |'))
      .flatMap((section) => section.split('\n').filter((line) => /^\| (?!attack)/.test(line)))
      .map((line) => line.slice(2).split(' | '))
    expect(attacks.length).toBeGreaterThan(30)
    const untested = attacks.filter(([, stops = '']) => namesIn(stops).length === 0)
    expect(untested.map(([attack]) => attack)).toEqual(["RSTs for clients' connections", 'what is said to the proxy'])
  })

  it('names each dependency, with its licence', () => {
    const rows = [...text.matchAll(/^\| ([\w-]+) \|.*\| ([^|]+) \|$/gm)].map(([, name, licence]) => [name!, licence!])
    const told = new Map(rows as [string, string][])
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      expect(told.get(name), name).toMatch(new RegExp(`^${lock.packages[`node_modules/${name}`].license}\\b`))
    }
  })
})
