import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gatewayJsonSchema } from '../../config/schema.ts'
import { generatedFiles } from '../../packaging/generated-files.ts'
import type { SchemaNode } from '../../packaging/man/configuration-page.ts'
import { describeWith } from '../programs.ts'
import { CapturedCli } from '../runtime/cli/captured-cli.ts'

let folder = ''
const files = await generatedFiles('2026-11-30')
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxyha-generated-'))
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
})
afterAll(() => rmSync(folder, { recursive: true }))

const pathsOf = ({ properties, items }: SchemaNode, prefix = ''): readonly string[] => [
  ...Object.entries(properties ?? {}).flatMap(([key, child]) => [
    `${prefix}${key}`,
    ...pathsOf(child, `${prefix}${key}.`),
  ]),
  ...(items?.properties === undefined ? [] : pathsOf(items, `${prefix.slice(0, -1)}[].`)),
]

describeWith(['mandoc'], 'the man pages', () => {
  const PAGES = ['proxyha.8', 'gateway.yaml.5']
  /** As on a printer: without what makes letters bold on a terminal. */
  const shown = (name: string) =>
    execFileSync('mandoc', ['-Tutf8', '-O', 'width=100', join(folder, name)], { encoding: 'utf8' })
      .split('\b')
      .map((part, index, parts) => (index < parts.length - 1 ? part.slice(0, -1) : part))
      .join('')

  test.each(PAGES)('%s is right, as mandoc judges it', (name) => {
    const { stdout } = spawnSync('mandoc', ['-Tlint', '-Wwarning', join(folder, name)], { encoding: 'utf8' })
    expect(stdout).toBe('')
  })

  test('every command has its options and exit codes there, in the words of its help', async () => {
    const page = shown('proxyha.8')
    const { stdout: help } = await new CapturedCli().output('drain', '--help')
    const sentence = /^Ctrl-C ends the waiting.*$/m.exec(help)![0]
    expect(page.replaceAll(/\s+/g, ' ')).toContain(sentence.slice(0, 60))
    expect(page).toMatch(/^ +proxyha drain <node> \[options\]$/m)
    expect(page).toMatch(/^ +-t, --timeout <duration>$/m)
    expect(page).toMatch(/^ +proxyha drain 10\.10\.74\.71 --timeout 30m$/m)
  })

  test('every setting has its description there', () => {
    const page = shown('gateway.yaml.5')
    const terms = new Set([...page.matchAll(/^ {7}([a-zA-Z0-9.[\]]+)(?=$| )/gm)].map(([, term]) => term!))
    expect(pathsOf(gatewayJsonSchema() as SchemaNode).filter((path) => !terms.has(path))).toEqual([])
    expect(page).toMatch(/^ +vrrp\.version\n.*2 \(RFC 3768\) or 3 \(RFC 9568\)\. Values: 2, 3\. Default: 2\.$/m)
    expect(page).toMatch(/^ +redirects\[\]\.proxyPort$/m)
  })
})

describeWith(['bash'], 'the completion of bash', () => {
  /** What is proposed at the end of a line. */
  function proposed(...words: readonly string[]): readonly string[] {
    const line = words.map((word) => `'${word}'`).join(' ')
    const script = `source ./proxyha.bash; COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _proxyha; printf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).trim().split('\n')
  }

  test('knows the commands', () => {
    expect(proposed('proxyha', 'dr')).toEqual(['drain'])
    expect(proposed('proxyha', 'check')).toEqual(['check', 'check-config'])
  })

  test('knows the options of each', () => {
    expect(proposed('proxyha', 'drain', '--ti')).toEqual(['--timeout'])
    expect(proposed('proxyha', 'status', '--')).toEqual(expect.arrayContaining(['--json', '--watch', '--socket']))
    expect(proposed('proxyha', 'status', '--ti')).toEqual([''])
  })

  test('completes files where an option takes one, and nothing where it takes a word', () => {
    expect(proposed('proxyha', 'run', '-c', 'gateway')).toEqual(['gateway.yaml.5'])
    expect(proposed('proxyha', 'drain', '--timeout', '')).toEqual([''])
  })
})

describe('the completion of zsh', () => {
  test('has every command with its description, and files where an option takes one', () => {
    const text = files.get('_proxyha')!
    expect(text).toContain("'drain:give a node no new connections, and wait until it has none'")
    expect(text).toContain("'(-c --config)'{-c,--config}'[configuration")
    expect(text).toMatch(/\]:file:_files'/)
  })
})
