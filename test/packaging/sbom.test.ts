import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readProject } from '../../packaging/build/project.ts'
import { sbomText } from '../../packaging/build/sbom.ts'

const project = readProject()
const text = sbomText(project, 1_800_000_000)
const { metadata, components, dependencies } = JSON.parse(text) as {
  readonly metadata: object
  readonly components: readonly {
    readonly name: string
    readonly version: string
    readonly licenses: readonly { readonly expression: string }[]
    readonly hashes: readonly { readonly alg: string; readonly content: string }[]
  }[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}
const manifest = JSON.parse(readFileSync(project.at('package.json'), 'utf8'))
const wanted = { ...manifest.dependencies, ...manifest.optionalDependencies } as Readonly<Record<string, string>>
const named = components.map(({ name, version }) => `${name}@${version}`)

/** Permissive ones, which ask for no more than to be named. */
const ALLOWED = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']

describe('the bill of materials', () => {
  it('names each dependency of package.json with its version', () => {
    expect(named).toEqual(expect.arrayContaining(Object.entries(wanted).map(([name, version]) => `${name}@${version}`)))
    expect(dependencies[0]).toEqual({
      ref: `proxyha@${manifest.version}`,
      dependsOn: expect.arrayContaining(Object.entries(wanted).map(([name, version]) => `${name}@${version}`)),
    })
  })

  it('names what these depend on, and nothing of development', () => {
    const reached = new Set(dependencies.flatMap(({ dependsOn }) => dependsOn))
    expect(named.filter((one) => !reached.has(one))).toEqual([])
    const shipped = new Set(components.map(({ name }) => name))
    expect(Object.keys(manifest.devDependencies).filter((name) => shipped.has(name))).toEqual([])
  })

  it('has a licence of each that is allowed', () => {
    const others = components.filter(
      ({ licenses }) => licenses.length !== 1 || !ALLOWED.includes(licenses[0]!.expression),
    )
    expect(others).toEqual([])
  })

  it('has the hash of each by which npm ci takes it', () => {
    const odd = components.filter(({ hashes }) => !/^[\da-f]{128}$/.test(hashes[0]?.content ?? ''))
    expect(odd.map(({ name }) => name)).toEqual([])
  })

  it('is the same of the same source, and names no place it was made at', () => {
    expect(sbomText(readProject(), 1_800_000_000)).toBe(text)
    expect(metadata).toMatchObject({ timestamp: '2027-01-15T08:00:00.000Z', component: { name: 'proxyha' } })
    expect(text).not.toContain('://')
    expect(text).not.toContain(project.root)
  })
})
