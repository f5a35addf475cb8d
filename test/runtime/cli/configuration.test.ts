import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { HostFacts } from '../../../config/resolve.ts'
import { refused } from '../../../runtime/ports/result.ts'
import { brokenFiles } from '../../config/broken-files.ts'
import { CapturedCli } from './captured-cli.ts'

let folder: string
let cli: CapturedCli
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxyha-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  cli = new CapturedCli()
})

const written = (yaml: string): string => {
  const path = join(folder, 'gateway.yaml')
  writeFileSync(path, yaml)
  return path
}
const right = (more = ''): string =>
  written(
    `virtualIps: [10.0.0.5]\nredirects: [{originalPorts: [8080, 8081], proxyPort: 3128}, {originalPorts: [21], proxyPort: 2121}]\ncontrol: {socket: ${folder}/p.sock}\n${more}`,
  )
const host = (address: string): { ok: true; value: HostFacts } => ({
  ok: true,
  value: {
    hostname: 'jupiter',
    cores: 2,
    interfaceAddresses: [{ family: 4, address, prefixLength: 24, validLifetimeS: null }],
  },
})

describe('check-config', () => {
  test('a right file: ok, exit code 0', async () => {
    cli.facts = host('10.0.0.1')
    const path = right()
    expect(await cli.output('check-config', '-c', path)).toEqual({ code: 0, stdout: `${path}: ok\n`, stderr: '' })
  })

  test('a host without the interface: a finding on this host, exit code 1', async () => {
    const path = right('interface: eth9')
    cli.facts = refused('ENODEV', 'there is no network interface eth9')
    expect(await cli.output('check-config', '-c', path)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${path}: 1 finding on this host\ninterface: there is no network interface eth9; "ip link" lists those that there are\n`,
    })
  })

  test("what only the host's addresses show", async () => {
    cli.facts = host('192.168.0.1')
    const path = right()
    const { code, stderr } = await cli.output('check-config', '-c', path)
    expect(code).toBe(1)
    expect(stderr).toBe(
      `${path}: 1 finding on this host\nvirtualIps[0]: 10.0.0.5 is outside the subnet of eth0 (192.168.0.0/24); correct it, or give its prefix: 10.0.0.5/32\n`,
    )
  })

  test('--offline: neither interface, addresses, key file nor folders of this host are looked at', async () => {
    cli.facts = refused('ENODEV', 'nobody may ask')
    const path = written(
      `interface: eth9\nvirtualIps: [10.0.0.5]\nredirects: [{originalPorts: [80], proxyPort: 3128}]\ncluster: {keyFile: /nowhere/key}\ncontrol: {socket: /nowhere/p.sock}\n`,
    )
    expect(await cli.output('check-config', '--offline', '-c', path)).toEqual({
      code: 0,
      stdout: `${path}: ok, as far as the file alone can tell\n`,
      stderr: '',
    })
    expect((await new CapturedCli().output('check-config', '-c', path)).stderr.split('\n')).toEqual([
      `${path}: 2 findings on this host`,
      'cluster.keyFile: /nowhere/key is not there; check the path',
      'control.socket: the directory /nowhere is not there; create it',
      '',
    ])
  })

  test('mistakes of the file and findings on this host stand below headings of their own', async () => {
    const path = written(
      `redirects: [{originalPorts: [80], proxyPort: 3128}]\nvirtualIps: [10.0.0.5]\nmanagementIp: 10.0.0.5\ncontrol: {socket: /nowhere/p.sock}\n`,
    )
    expect((await cli.output('check-config', '-c', path)).stderr.split('\n')).toEqual([
      `${path}: 1 mistake in the file`,
      "virtualIps[0]: 10.0.0.5 is this node's managementIp; a virtual IP must belong to no node",
      `${path}: 1 finding on this host`,
      'control.socket: the directory /nowhere is not there; create it',
      '',
    ])
  })

  test('--json: both kinds by path and message, on stdout', async () => {
    cli.facts = host('192.168.0.1')
    const { code, stdout, stderr } = await cli.output('check-config', '--json', '-c', right())
    expect([code, stderr]).toEqual([1, ''])
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      mistakes: [],
      host: [
        {
          path: 'virtualIps[0]',
          message:
            '10.0.0.5 is outside the subnet of eth0 (192.168.0.0/24); correct it, or give its prefix: 10.0.0.5/32',
        },
      ],
    })
    const broken = await new CapturedCli().output('check-config', '--json', '-c', written('virtualRouterId: 0\n'))
    expect([broken.code, JSON.parse(broken.stdout)]).toMatchObject([
      1,
      { ok: false, mistakes: [{ path: 'virtualRouterId', message: 'must be 1..255, is 0' }, {}, {}], host: [] },
    ])
  })

  test('--json of a right file has it with the defaults, and no secret', async () => {
    cli.facts = host('10.0.0.1')
    const secrets = `cluster: {key: "0123456789abcdef-key"}\ninspector: {token: 0123456789abcdef-token}\n`
    const { code, stdout } = await cli.output('check-config', '--json', '-c', right(secrets))
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      {
        ok: true,
        mistakes: [],
        host: [],
        config: {
          interface: 'eth0',
          directorPriority: 100,
          vrrp: { advertInterval: 1000 },
          cluster: { key: '(secret)' },
          inspector: { token: '(secret)' },
        },
      },
    ])
    expect(stdout).not.toContain('0123456789abcdef')
  })

  test('every broken file of the table: its lines on stderr, nothing else, exit code 1', async () => {
    for (const { title, yaml, lines } of brokenFiles) {
      const path = written(yaml)
      const { code, stdout, stderr } = await new CapturedCli().output('check-config', '-c', path)
      expect([title, code, stdout]).toEqual([title, 1, ''])
      // A problem of the file as a whole names the file.
      const [heading, ...said] = stderr.split('\n').slice(0, -1)
      expect(heading).toBe(`${path}: ${lines.length} ${lines.length === 1 ? 'mistake' : 'mistakes'} in the file`)
      expect([title, said]).toEqual([title, lines.map((line) => (said.includes(line) ? line : `${path}: ${line}`))])
    }
  })

  test('a missing file', async () => {
    const { code, stderr } = await cli.output('check-config', '-c', '/nowhere/gateway.yaml')
    expect([code, stderr]).toEqual([
      1,
      '/nowhere/gateway.yaml: 1 mistake in the file\n/nowhere/gateway.yaml: is not there; check the path\n',
    ])
  })
})

describe('run', () => {
  test('a broken file: its mistakes, exit code 1, and nothing is started', async () => {
    const { code, stdout, stderr } = await cli.output('run', '-c', written('virtualRouterId: 0\n'))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.split('\n')).toHaveLength(4)
    expect(stderr).toContain('virtualRouterId: must be 1..255, is 0\n')
  })

  test('beside a gateway that runs with the same control socket nothing is started', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(join(folder, 'p.sock'), resolve))
    cli.facts = host('10.0.0.1')
    const { code, stdout, stderr } = await cli.output('run', '-c', right())
    await new Promise((resolve) => other.close(resolve))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `the gateway cannot start: ${folder}/p.sock: another gateway runs with this control socket; stop it first\n`,
    )
  })

  test('an interface that is not there is named', async () => {
    const { code, stderr } = await cli.output('run', '-c', right())
    expect([code, stderr]).toEqual([
      1,
      'interface: there is no network interface eth0; "ip link" lists those that there are\n',
    ])
  })
})

describe('check, without a gateway', () => {
  test('all proxy ports listen: ok, exit code 0', async () => {
    cli.sockets.listen('0.0.0.0', 3128)
    cli.sockets.listen('::', 2121)
    expect(await cli.output('check', '-c', right())).toEqual({ code: 0, stdout: 'monitor: ok\n', stderr: '' })
  })

  test('-v names each port and what is wrong with it; exit code 1', async () => {
    cli.sockets.listen('127.0.0.1', 3128)
    expect(await cli.output('check', '-v', '-c', right())).toMatchObject({
      code: 1,
      stdout: [
        'monitor: failure',
        'port 2121 is not listening',
        'port 3128 listens only on 127.0.0.1: the proxy must listen on 0.0.0.0 or ::',
        '',
      ].join('\n'),
    })
  })

  test('without -v it says how many, and how to learn more', async () => {
    cli.sockets.listen('0.0.0.0', 3128)
    expect(await cli.output('check', '-c', right())).toMatchObject({
      code: 1,
      stdout: 'monitor: failure (1 of 2 ports; -v names them)\n',
    })
  })

  test('--json is the monitor of the status', async () => {
    cli.sockets.listen('0.0.0.0', 3128)
    const { code, stdout } = await cli.output('check', '--json', '-c', right())
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual({
      state: 'failure',
      ports: [
        { port: 2121, listening: false, problem: 'is not listening' },
        { port: 3128, listening: true, problem: null },
      ],
    })
  })

  test('a socket table that cannot be read is not "ok"', async () => {
    cli.socketTable = refused('EPERM', 'not permitted')
    expect(await cli.output('check', '-c', right())).toEqual({
      code: 1,
      stdout: '',
      stderr: 'the listening ports cannot be read: not permitted\n',
    })
    cli = new CapturedCli()
    cli.sockets.refuse({ ok: false, code: 'ENOBUFS', reason: 'no room' })
    expect(await cli.run('check', '-c', right())).toBe(1)
  })

  test('a broken file is said to be broken', async () => {
    expect(await cli.output('check', '-c', written('redirects: []\n'))).toMatchObject({ code: 1, stdout: '' })
  })
})
