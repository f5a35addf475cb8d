import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig, parseConfig } from '../../config/load.ts'
import { asOrdinaryUser } from '../ordinary-user.ts'
import { brokenFiles } from './broken-files.ts'

const SMALLEST = 'virtualIps: [10.0.0.5/24]\nredirects: [{originalPorts: [8080], proxyPort: 3128}]\n'

describe('every mistake is one line with its path', () => {
  test.each(brokenFiles)('$title', ({ yaml, lines }) => {
    expect(lines.length).toBeGreaterThan(0)
    expect(parseConfig(yaml)).toEqual({ ok: false, problems: lines })
  })

  test('the table holds at least 50 kinds, and no line is said of two of them by accident', () => {
    expect(brokenFiles.length).toBeGreaterThanOrEqual(50)
    for (const line of brokenFiles.flatMap(({ lines }) => lines)) expect(line).not.toMatch(/[\n\r\t]/)
  })

  test.each([['- '], ['{a: '], ['? '], ['a: &x ']])(
    'a file of %j without end is refused, not an exception',
    (piece) => {
      const read = parseConfig(piece.repeat(50_000))
      expect(read.ok).toBe(false)
      expect(read.ok ? [] : read.problems).toHaveLength(1)
    },
  )
})

describe('a file that is another one', () => {
  test('of unknown keys is answered with as many of them as somebody reads', () => {
    const text = Array.from({ length: 2000 }, (_, index) => `keyk${index}: 1\n`).join('')
    const read = parseConfig(`${SMALLEST}${text}`)
    const problems = read.ok ? [] : read.problems
    expect(problems).toHaveLength(51)
    expect(problems[0]).toContain('keyk0: is not a known key')
    expect(problems[50]).toBe('and 1950 more mistakes like these: is it the right file?')
  })

  test('with one mistake a thousand times takes as long as its parts: what is known is looked up once', () => {
    const redirects = '  - { originalPort: [80], originalPorts: [80], proxyPort: 3128 }\n'.repeat(3000)
    const before = process.cpuUsage()
    const checked = parseConfig(`virtualIps: [10.0.0.5/24]\nredirects:\n${redirects}`)
    const { user } = process.cpuUsage(before)
    expect(checked.ok ? [] : checked.problems).toHaveLength(51)
    // It took three milliseconds for each.
    expect(user / 1000).toBeLessThan(3000)
  })

  test('of 1 MB is not parsed: that would take seconds', () => {
    const read = parseConfig('a: 1\n'.repeat(200_000))
    const problem = 'has 1000000 characters; a configuration is a page of text: is it the right file?'
    expect(read).toEqual({ ok: false, problems: [problem] })
  })

  test('of keys that are given twice is told of the first 50', () => {
    const read = parseConfig('a: 1\n'.repeat(5000))
    expect(read.ok ? [] : read.problems).toHaveLength(50)
  })
})

test.each(['eth"0', "eth'0", 'eth`0', 'eth*', 'eth\\\\0', '..', '\u00fcth0', 'eth\u202e0'])(
  'an interface %j, which the kernel or a rule would take for something else, is refused',
  (name) => {
    const read = parseConfig(`${SMALLEST}interface: ${JSON.stringify(name)}\n`)
    expect(read.ok ? [] : read.problems).toEqual([expect.stringMatching(/^interface: must be the name of a network/)])
  },
)

test.each(['eth0', 'eth0.100', 'br-lan', 'wlp3s0', 'veth_a', 'bond0+1'])('an interface %s is taken', (name) => {
  expect(parseConfig(`${SMALLEST}interface: ${name}\n`).ok).toBe(true)
})

test.each(['a token with spaces in it', 'a-token-with-a-newline\n', 'ein-tökenreiches-wort'])(
  'a token %j, which no request can carry, is refused',
  (token) => {
    const read = parseConfig(`${SMALLEST}inspector: { token: ${JSON.stringify(token)} }\n`)
    const problem =
      'inspector.token: has a space or another character that no request can carry; e.g. from: openssl rand -hex 32'
    expect(read).toEqual({ ok: false, problems: [problem] })
  },
)

describe('a right file', () => {
  test('needs virtualIps and redirects only; the rest has the defaults of the original', () => {
    const read = parseConfig(SMALLEST)
    expect(read).toMatchObject({
      ok: true,
      value: {
        interface: 'eth0',
        directorPriority: 100,
        virtualRouterId: 51,
        virtualIps: [{ address: '10.0.0.5', prefixLength: 24 }],
        redirects: [{ protocol: 'tcp', originalPorts: [8080], proxyPort: 3128, proxyProtocol: 'off' }],
        forwarding: 'auto',
        vrrp: {
          version: 2,
          advertInterval: 1000,
          preempt: true,
          preemptDelay: 0,
          holdOff: 5000,
          unicastPeers: [],
          realtime: 'auto',
        },
        track: { interface: 'fault', portMonitor: 'off', gateway: 'off' },
        garp: { count: 5, repeatAfter: [1000, 2500], refresh: 0 },
        inspector: { listen: { address: '127.0.0.1', port: 9253 } },
        control: {},
        clients: { tableSize: 65_536 },
      },
    })
  })

  test.each([
    ['version: 3, advertInterval: 10ms', 10],
    ['version: 3, advertInterval: 40.95s', 40_950],
    ['version: 3, advertInterval: 4.1s', 4100],
    ['version: 2, advertInterval: 255s', 255_000],
    ['version: 2, advertInterval: 2m', 120_000],
  ])('takes vrrp: {%s}', (vrrp, advertInterval) => {
    expect(parseConfig(`${SMALLEST}vrrp: {${vrrp}}\n`)).toMatchObject({ ok: true, value: { vrrp: { advertInterval } } })
  })

  test('may point two groups of ports to one proxy port', () => {
    const redirects = '[{originalPorts: [80], proxyPort: 3128}, {originalPorts: [443], proxyPort: 3128}]'
    expect(parseConfig(`virtualIps: [10.0.0.5]\nredirects: ${redirects}\n`).ok).toBe(true)
  })

  test('may listen for everybody with a token, and on IPv6 loopback without', () => {
    expect(parseConfig(`${SMALLEST}inspector: {listen: "0.0.0.0:9253", token: 0123456789abcdefg}\n`).ok).toBe(true)
    expect(parseConfig(`${SMALLEST}inspector: {listen: "[::1]:9253"}\n`).ok).toBe(true)
  })
})

describe('the file system', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'proxyha-config-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const written = (name: string, content: string | Uint8Array) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const problemsOf = (path: string) => {
    const read = loadConfig(path)
    return read.ok ? [] : read.problems
  }

  test('a missing file is named', () => {
    expect(problemsOf('/nowhere/gateway.yaml')).toEqual(['/nowhere/gateway.yaml: is not there; check the path'])
  })

  test('a directory is refused', () => {
    expect(problemsOf(folder)).toEqual([`${folder}: is a directory; name the file itself`])
  })

  test('a device is refused, and not read for ever', () => {
    expect(problemsOf('/dev/zero')).toEqual(['/dev/zero: is not a regular file'])
  })

  test('a file above 1 MiB is refused', () => {
    const path = written('huge.yaml', '#'.repeat(1_048_577))
    expect(problemsOf(path)).toEqual([`${path}: has 1048577 bytes; more than 1048576 are refused`])
  })

  test('a file that is not UTF-8 is refused', () => {
    const path = written('latin1.yaml', Uint8Array.of(0x6e, 0x3a, 0x20, 0xe9, 0x0a))
    expect(problemsOf(path)).toEqual([`${path}: is not UTF-8 text; save it as UTF-8`])
  })

  test('an empty file is named', () => {
    const path = written('empty.yaml', '')
    expect(problemsOf(path)).toEqual([`${path}: is empty; start from config/gateway.example.yaml`])
  })

  test('an unreadable file is refused', async () => {
    const path = written('secret.yaml', SMALLEST)
    chmodSync(folder, 0o755)
    chmodSync(path, 0)
    await asOrdinaryUser(() => {
      expect(problemsOf(path)).toEqual([`${path}: cannot be read: permission denied; check its owner and mode`])
    })
  })

  test('a byte order mark is no mistake', () => {
    const path = written('bom.yaml', `\uFEFF${SMALLEST}control: {socket: ${folder}/p.sock}\n`)
    expect(problemsOf(path)).toEqual([])
  })

  test("the control socket's directory must be there", () => {
    const path = written('socket.yaml', `${SMALLEST}control: {socket: ${folder}/no/p.sock}\n`)
    expect(problemsOf(path)).toEqual([`control.socket: the directory ${folder}/no is not there; create it`])
  })

  test('the key is read from keyFile, without the line break', () => {
    const key = written('key', '0123456789abcdef0123\n')
    const path = written('keyed.yaml', `${SMALLEST}cluster: {keyFile: ${key}}\ncontrol: {socket: ${folder}/p.sock}\n`)
    expect(loadConfig(path)).toMatchObject({ ok: true, value: { cluster: { keys: ['0123456789abcdef0123'] } } })
  })

  test('a keyFile may hold several keys, a line each, and a tokenFile one token', () => {
    const key = written('keys', 'the new key of all nodes\r\n\n  the old key of all nodes\n')
    const token = written('token', 'a-token-of-an-operator\n')
    const path = written(
      'secrets.yaml',
      `${SMALLEST}cluster: {keyFile: ${key}}
inspector: {tokens: [{role: viewer, token: a-token-of-a-viewer}, {role: operator, tokenFile: ${token}}]}
control: {socket: ${folder}/p.sock}\n`,
    )
    expect(loadConfig(path)).toMatchObject({
      ok: true,
      value: {
        cluster: { keys: ['the new key of all nodes', 'the old key of all nodes'] },
        inspector: {
          tokens: [{ token: 'a-token-of-a-viewer' }, { token: 'a-token-of-an-operator', tokenFile: token }],
        },
      },
    })
  })

  test.each([
    ['too many', `${'0123456789abcdef\n'.repeat(5)}`, 'holds more than 4 keys, a line each; leave some out'],
    ['one twice', `${'0123456789abcdef\n'.repeat(2)}`, 'holds a key twice; leave one of both out'],
    ['a short one', '0123456789abcdef\nhunter2\n', 'holds too short a key; take at least 16 characters'],
    ['none', '\n', 'holds too short a key; take at least 16 characters'],
    [
      "the example's",
      'replace this by a key of your own',
      'holds a placeholder, which everybody knows; make a key, e.g. by: openssl rand -hex 32 > FILE',
    ],
  ])('a keyFile with %s is refused', (_, content, problem) => {
    const key = written('wrong-keys', content)
    const path = written('w.yaml', `${SMALLEST}cluster: {keyFile: ${key}}\ncontrol: {socket: ${folder}/p.sock}\n`)
    expect(problemsOf(path)).toEqual([`cluster.keyFile: ${key} ${problem.replace('FILE', key)}`])
  })

  test.each([
    [
      'with a space',
      'a token of an operator',
      'holds a token with a space or another character that no request can carry; make another',
    ],
    ['beside another', `${'0123456789abcdef\n'.repeat(2)}`, 'holds more than 1 token, a line each; leave some out'],
    [
      "that is the example's",
      'replace this by a token',
      'holds a placeholder, which everybody knows; make a token, e.g. by: openssl rand -hex 32 > FILE',
    ],
  ])('a tokenFile with a token %s is refused by its place', (_, content, problem) => {
    const token = written('wrong-token', content)
    const inspector = `inspector: {tokens: [{role: viewer, tokenFile: ${token}}]}`
    const path = written('t.yaml', `${SMALLEST}${inspector}\ncontrol: {socket: ${folder}/p.sock}\n`)
    expect(problemsOf(path)).toEqual([`inspector.tokens[0].tokenFile: ${token} ${problem.replace('FILE', token)}`])
  })

  test('a keyFile that is missing, a directory or too short is named, and never its content', () => {
    const short = written('short', 'hunter2\n')
    mkdirSync(join(folder, 'folder'))
    const lines = ['/nowhere/key', join(folder, 'folder'), short].map((keyFile) => {
      return problemsOf(
        written('k.yaml', `${SMALLEST}cluster: {keyFile: ${keyFile}}\ncontrol: {socket: ${folder}/p.sock}\n`),
      )
    })
    expect(lines).toEqual([
      ['cluster.keyFile: /nowhere/key is not there; check the path'],
      [`cluster.keyFile: ${folder}/folder is a directory; name the file itself`],
      [`cluster.keyFile: ${short} holds too short a key; take at least 16 characters`],
    ])
  })
})
