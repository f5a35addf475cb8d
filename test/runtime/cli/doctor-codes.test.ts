import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const sourcesOf = (folder: string, pattern: RegExp): string =>
  readdirSync(new URL(folder, root))
    .filter((file) => pattern.test(file))
    .map((file) => readFileSync(new URL(`${folder}${file}`, root), 'utf8'))
    .join('\n')

const [page = ''] = readFileSync(new URL('docs/doctor.md', root), 'utf8').split('\n## Warnings of the status\n')
const codes = [...page.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell]) =>
  [...cell!.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code!),
)
const rules = ['actors/inspector/doctor/', 'runtime/cli/doctor/']
  .map((folder) => sourcesOf(folder, /findings\.ts$/))
  .join('\n')

test('the page has every finding there is', () => {
  const found = [...rules.matchAll(/\b(?:failure|problem|note)\(\s*['`]([a-z-]+)['`]/g)].map(([, code]) => code!)
  expect(found.length).toBeGreaterThan(20)
  expect(found.filter((code) => !codes.includes(code))).toEqual([])
})

test('each finding of the page has a test that makes the fault for real', () => {
  const made = sourcesOf('test/scenarios/doctor/', /\.ts$/)
  expect(codes.length).toBeGreaterThan(40)
  expect(codes.filter((code) => !made.includes(`'${code}'`))).toEqual([])
})
