import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { Draft } from '../../../../runtime/cli/import/draft.ts'
import { mappingOf } from '../../../../runtime/cli/import/gateway-text.ts'
import { GLOBAL_RULES } from '../../../../runtime/cli/import/global-rules.ts'
import { importHaproxy } from '../../../../runtime/cli/import/haproxy.ts'
import { INSTANCE_RULES } from '../../../../runtime/cli/import/instance-rules.ts'
import { importKeepalived } from '../../../../runtime/cli/import/keepalived.ts'
import type { Sources } from '../../../../runtime/cli/import/keepalived-tree.ts'
import { reportLines } from '../../../../runtime/cli/import/report.ts'
import { CapturedCli } from '../captured-cli.ts'

const FILES = fileURLToPath(new URL('./files/', import.meta.url))
/** Files of several styles, and what is said beside them on the command line. */
const FILES_WITH: readonly (readonly [name: string, ...flags: readonly string[]])[] = [
  ['01-smallest', '--redirect', '8080:3128'],
  ['02-haproxy-check', '--haproxy', join(FILES, '02-haproxy-check.cfg')],
  ['03-lvs'],
  ['04-two-instances', '--redirect', '25', '--redirect', '80:3128'],
  ['05-version3-fast', '--redirect', '3128'],
  ['06-definitions', '--redirect', '3128'],
  ['07-ipv6', '--redirect', '3128'],
  ['08-owner-vmac', '--redirect', '3128'],
  ['09-crooked', '--redirect', '3128'],
  ['10-many-globals', '--redirect', '3128'],
]

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxyha-import-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('ten files of ten styles', () => {
  test.each(FILES_WITH)('%s: the configuration, and what differs, are as they should be', async (name, ...flags) => {
    const { code, stdout, stderr } = await new CapturedCli().output('import', join(FILES, `${name}.conf`), ...flags)
    expect(code).toBe(0)
    const bare = (text: string) => text.replaceAll(FILES, '')
    await expect(bare(stdout)).toMatchFileSnapshot(join(FILES, `${name}.yaml`))
    await expect(bare(stderr)).toMatchFileSnapshot(join(FILES, `${name}.differences.txt`))
    const path = join(folder, `${name}.yaml`)
    writeFileSync(path, stdout)
    expect(await new CapturedCli().output('check-config', '--offline', '-c', path)).toMatchObject({
      code: 0,
      stderr: '',
    })
  })
})

describe('nothing is left out in silence', () => {
  const imported = (text: string) => {
    const draft = new Draft()
    importKeepalived('k.conf', { read: () => ({ ok: true, text }), included: () => [] }, draft)
    return draft
  }
  const instance = (line: string) =>
    `vrrp_instance A {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n 10.0.0.5/24\n }\n${line}\n}\n`
  const server = (line: string, real = '') =>
    `virtual_server 10.0.0.5 80 {\n real_server 10.0.0.1 81 {\n${real}\n }\n${line}\n}\n`

  test.each([
    ['at the top', (line: string) => `${line}\n${instance('')}`, 1],
    ['in global_defs', (line: string) => `global_defs {\n${line}\n}\n`, 2],
    ['in an instance', instance, 7],
    ['in a sync group', (line: string) => `vrrp_sync_group G {\n${line}\n}\n`, 2],
    ['in a virtual server', (line: string) => instance('') + server(line), 13],
    ['in a real server', (line: string) => instance('') + server('', line), 11],
  ])('a keyword that nobody knows %s is listed with its line', (_title, around, line) => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z]{3,9}_[a-z_]{1,20}x$/),
        fc.constantFrom('', ' 1', ' { a }'),
        (keyword, rest) => {
          const { differences } = imported(around(`${keyword}${rest}`))
          expect(differences).toContainEqual(
            expect.objectContaining({ file: 'k.conf', line, text: `${keyword}${rest}` }),
          )
        },
      ),
      { numRuns: 50 },
    )
  })

  test.each([
    'priority 7 8',
    'version 2 x',
    'nopreempt always',
    'preempt_delay 5 s',
    'mcast_src_ip 10.0.0.1 10.0.0.2',
    'advert_int 1 2',
    'garp_master_delay 5 6',
    'dont_track_primary x',
  ])('words behind those that are understood are listed: %s', (line) => {
    const { differences } = imported(instance(line))
    expect(differences).toEqual([
      expect.objectContaining({ line: 7, text: line, reason: expect.stringContaining('is not understood') }),
    ])
  })

  test('every keyword of the tables sets something, or is listed', () => {
    // Values that are right for none: what is set by a right one is in the files above.
    for (const keyword of Object.keys(INSTANCE_RULES).filter((name) => !/^(interface|nopreempt|preempt)$/.test(name))) {
      const { differences } = imported(instance(`${keyword} ~ {\n ~\n }`))
      expect([keyword, differences.length]).not.toEqual([keyword, 0])
    }
    for (const keyword of Object.keys(GLOBAL_RULES).filter((name) => name !== 'default_interface')) {
      const { differences } = imported(`global_defs {\n${keyword} ~\n}\n`)
      expect([keyword, differences.length]).not.toEqual([keyword, 0])
    }
  })

  test('a password is not repeated', () => {
    const { differences } = imported(instance('authentication { auth_type PASS auth_pass hunter2 }'))
    expect(reportLines(differences).join('\n')).toContain('auth_pass ***')
    expect(JSON.stringify(differences)).not.toContain('hunter2')
  })

  test('a frontend that one host alone can be reached by is no redirect', () => {
    const draft = imported(instance(''))
    importHaproxy('h.cfg', 'listen a\n bind 127.0.0.1:9000,10.0.0.5:80-82\n server s 10.0.0.1:3128\n', draft)
    expect(mappingOf(draft).redirects).toEqual([{ originalPorts: [80, 81, 82], proxyPort: 3128 }])
    expect(draft.differences.map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining('127.0.0.1 is no virtual IP'),
    )
  })
})

describe('what is refused', () => {
  const run = (text: string, ...flags: readonly string[]) => {
    writeFileSync(join(folder, 'k.conf'), text)
    return new CapturedCli().output('import', join(folder, 'k.conf'), ...flags)
  }
  const SMALL = 'vrrp_instance A {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n 10.0.0.5/24\n }\n}\n'

  test('a file without an instance: exit code 1, and nothing on stdout', async () => {
    const { code, stdout, stderr } = await run('hello {\n}\n')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('no vrrp_instance that could be imported')
  })

  test('ports that are not known: the file is given, and what is missing is said, exit code 1', async () => {
    const { code, stdout, stderr } = await run(SMALL)
    expect(code).toBe(1)
    expect(parse(stdout)).toEqual({ interface: 'eth0', virtualRouterId: 5, virtualIps: ['10.0.0.5/24'] })
    expect(stderr).toContain('name them by --redirect PORT:PROXYPORT, or by --haproxy')
  })

  test('a file that is not there, and an output that is', async () => {
    expect(await new CapturedCli().output('import', '/nowhere/k.conf')).toMatchObject({
      code: 1,
      stderr: '/nowhere/k.conf is not there\n',
    })
    writeFileSync(join(folder, 'out.yaml'), 'mine')
    const out = ['--redirect', '80', '-o', join(folder, 'out.yaml')]
    expect((await run(SMALL, ...out)).stderr).toBe(
      `${join(folder, 'out.yaml')}: is there already; --force replaces it\n`,
    )
    expect((await run(SMALL, ...out, '--force')).code).toBe(0)
    expect(parse(readFileSync(join(folder, 'out.yaml'), 'utf8')).virtualRouterId).toBe(5)
  })

  test('an include in a circle ends, and is told', async () => {
    const { code, stderr } = await run(`${SMALL}include k.conf\n`, '--redirect', '80')
    expect(code).toBe(0)
    expect(stderr).toMatch(/too deeply|more than 32 files/)
  })
})

describe('whatever a file holds', () => {
  const nothing: Sources = { read: () => ({ ok: false, reason: 'is not there' }), included: () => [] }
  const of = (text: string): Sources => ({ ...nothing, read: () => ({ ok: true, text }), included: () => ['again'] })
  const WORDS = [
    'vrrp_instance',
    'A',
    '{',
    '}',
    '\n',
    ' ',
    '"',
    "'",
    '\\',
    '\\\n',
    '#',
    '!',
    '$X=1',
    '$X',
    ['$', '{X}'].join(''),
    '@host',
    '~SEQ(',
    'include',
    'interface',
    'eth0',
    'virtual_router_id',
    '5',
    'priority',
    '255',
    'virtual_ipaddress',
    '10.0.0.5/24',
    'fe80::1',
    'advert_int',
    '0.1',
    'global_defs',
    'virtual_server',
    'real_server',
    '80',
    'unicast_peer',
    'notify',
    '__proto__',
    'constructor',
    'toString',
    'track_script',
    'frontend',
    'bind',
    ':80',
    'backend',
    'server',
    'default_backend',
    'timeout',
    'option',
    'listen',
  ]
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 2000 }),
    fc.array(fc.constantFrom(...WORDS), { maxLength: 200 }).map((words) => words.join(' ')),
    fc.array(fc.constantFrom(...WORDS), { maxLength: 200 }).map((words) => words.join('\n')),
  )

  test('keepalived.conf and haproxy.cfg of any text give a draft and a report, never an exception', () => {
    fc.assert(
      fc.property(text, (garbage) => {
        const draft = new Draft()
        importKeepalived('k.conf', of(garbage), draft)
        importHaproxy('h.cfg', garbage, draft)
        mappingOf(draft)
        for (const line of reportLines(draft.differences)) expect(typeof line).toBe('string')
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    ['open braces', '{ '.repeat(20_000)],
    ['blocks in blocks', 'a {\n'.repeat(20_000)],
    ['one line of words', 'a '.repeat(100_000)],
    ['lines that go on', 'a \\\n'.repeat(50_000)],
    [
      'definitions of themselves',
      Array.from({ length: 60 }, (_, index) => `$A${index}=$A${index - 1}$A${index - 1}x`).join('\n'),
    ],
    ['quotes', `"${'\\"'.repeat(50_000)}`],
  ])('%s without end are bounded', (_title, garbage) => {
    const draft = new Draft()
    importKeepalived('k.conf', of(garbage), draft)
    expect(reportLines(draft.differences).length).toBeLessThanOrEqual(1502)
  })
})
