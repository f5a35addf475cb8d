import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { until } from '../../../../runtime/lab/testbed/until.ts'
import { CapturedCli } from '../captured-cli.ts'

let folder: string
let cli: CapturedCli
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxyha-init-'))
  cli = onHost('10.0.0.1/24')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A host with one interface and squid. */
function onHost(address: string): CapturedCli {
  const host = new CapturedCli()
  host.survey.addInterface('eth0', address)
  const [link] = host.survey.links
  host.facts = { ok: true, value: { hostname: 'jupiter', cores: 2, interfaceAddresses: link!.addresses, mtu: 1500 } }
  host.sockets.listen('0.0.0.0', 3128)
  host.survey.programs.set(3128, ['squid'])
  return host
}

const file = (name = 'gateway.yaml') => join(folder, name)
/** Without the folds of prose. */
const prose = (text: string) => text.replaceAll(/\s+/g, ' ')
const read = (name = 'gateway.yaml') => readFileSync(file(name), 'utf8')
const FLAGS = ['--virtual-ip', '10.0.0.5', '--redirect', '8080:3128']
const init = (...args: readonly string[]) => cli.output('init', '-o', file(), ...args)
const router = (virtualRouterId: number, ...addresses: readonly string[]) => ({
  version: 2 as const,
  virtualRouterId,
  priority: 100,
  source: '10.0.0.9',
  addresses,
})

describe('the first node, by flags', () => {
  test('a configuration that check-config takes, and a key that only its owner reads', async () => {
    const { code, stdout, stderr } = await init(...FLAGS)
    expect([code, stderr]).toEqual([0, ''])
    expect(parse(read())).toEqual({
      interface: 'eth0',
      directorPriority: 100,
      virtualRouterId: 51,
      virtualIps: ['10.0.0.5'],
      redirects: [{ originalPorts: [8080], proxyPort: 3128 }],
      cluster: { keyFile: file('cluster.key') },
    })
    expect(read('cluster.key')).toMatch(/^[0-9a-f]{64}\n$/)
    expect(statSync(file('cluster.key')).mode & 0o777).toBe(0o600)
    expect(stdout).toContain(`scp ${file()} ${file('cluster.key')} OTHER:\n  proxyha init --join gateway.yaml\n`)
    expect(stdout).not.toContain(read('cluster.key').trim())
    const checked = onHost('10.0.0.1/24')
    expect((await checked.output('check-config', '-c', file())).code).toBe(0)
  })

  test('where the service has a group, that may read the key', async () => {
    cli.survey.group = process.getgid?.() ?? 0
    expect((await init(...FLAGS)).code).toBe(0)
    const { mode, gid } = statSync(file('cluster.key'))
    expect([mode & 0o777, gid]).toEqual([0o640, cli.survey.group])
  })

  test('every flag is heeded', async () => {
    const more = [
      '--redirect',
      '443',
      '--priority',
      '7',
      '--virtual-router-id',
      '9',
      '--name',
      'saturn',
      '--virtual-ip',
      '10.0.0.6/24',
    ]
    expect((await init(...FLAGS, '--redirect', '8081:3128', ...more, '--interface', 'eth0')).code).toBe(0)
    expect(parse(read())).toMatchObject({
      name: 'saturn',
      directorPriority: 7,
      virtualRouterId: 9,
      virtualIps: ['10.0.0.5', '10.0.0.6/24'],
      redirects: [
        { originalPorts: [8080, 8081], proxyPort: 3128 },
        { originalPorts: [443], proxyPort: 443 },
      ],
    })
  })

  test('IPv6 takes version 3 along', async () => {
    cli.survey.links = []
    cli.survey.addInterface('eth0', '10.0.0.1/24', 'fe80::1/64')
    cli.facts = { ok: true, value: { hostname: 'j', cores: 2, interfaceAddresses: cli.survey.links[0]!.addresses } }
    expect((await init('--virtual-ip', '2001:db8::5', '--redirect', '80')).code).toBe(0)
    expect(parse(read())).toMatchObject({ virtualIps: ['2001:db8::5'], vrrp: { version: 3 } })
  })

  test('the VRID is the first that nobody uses', async () => {
    cli.survey.routers = [router(51, '10.0.0.8'), router(52, '10.0.0.18')]
    expect((await init(...FLAGS)).code).toBe(0)
    expect(parse(read()).virtualRouterId).toBe(53)
  })

  test('all flags that are missing are named, and nothing is asked or listened for', async () => {
    const { code, stderr } = await init()
    expect([code, stderr.split('\n')]).toEqual([
      1,
      [
        '--virtual-ip is missing: the address that clients use, such as 10.0.0.5',
        '--redirect is missing: PORT or PORT:PROXYPORT, such as 8080:3128',
        'in a terminal, and without --yes, "proxyha init" asks for it',
        '',
      ],
    ])
    expect(readdirSync(folder)).toEqual([])
  })

  test.each([
    [
      'of no form',
      ['--virtual-ip', 'nonsense'],
      '--virtual-ip: must be an IP address such as 10.0.0.5/24 or 2001:db8::5, is the text "nonsense"',
    ],
    [
      'outside the subnet',
      ['--virtual-ip', '10.9.0.5'],
      '--virtual-ip: 10.9.0.5 is outside the subnet of eth0 (10.0.0.0/24); correct it, or give its prefix: 10.9.0.5/32',
    ],
    [
      'the network itself',
      ['--virtual-ip', '10.0.0.0'],
      '--virtual-ip: 10.0.0.0 is the network address of 10.0.0.0/24; choose a host address',
    ],
    [
      "this host's own",
      ['--virtual-ip', '10.0.0.1/24'],
      "--virtual-ip: 10.0.0.1 is this host's own address; a virtual IP must belong to no node",
    ],
  ])('a virtual IP %s is refused', async (_title, flags, line) => {
    if (line.includes('own')) cli.survey.addInterface('eth1', '10.0.1.1/24')
    const { code, stderr } = await init(...flags, '--redirect', '80', '--interface', 'eth0')
    expect([code, stderr]).toEqual([1, `${line}\n`])
    expect(readdirSync(folder)).toEqual([])
  })

  test('a virtual IP that somebody answers for is refused', async () => {
    cli.survey.holders.set('10.0.0.5', '02:00:00:00:00:99')
    const { code, stderr } = await init(...FLAGS)
    expect([code, stderr]).toEqual([
      1,
      '--virtual-ip: 10.0.0.5 is in use: 02:00:00:00:00:99 answers for it; take one that nobody has\n',
    ])
    expect(cli.survey.asked).toEqual(['10.0.0.5'])
    expect(readdirSync(folder)).toEqual([])
  })

  test('the virtual IP of a group that is there: the way to join it', async () => {
    cli.survey.routers = [router(51, '10.0.0.5')]
    expect((await init(...FLAGS)).stderr).toBe(
      '--virtual-ip: 10.0.0.5 is led by 10.0.0.9 with VRID 51; to join that group take its file along: --join FILE\n',
    )
  })

  test('a VRID that somebody else uses is refused, with one that is free', async () => {
    cli.survey.routers = [router(51, '10.0.0.8'), router(7, '10.0.0.7')]
    expect((await init(...FLAGS, '--virtual-router-id', '7')).stderr).toBe(
      '--virtual-router-id: VRID 7 is used by 10.0.0.9 for 10.0.0.7; 52 is free\n',
    )
  })

  test('redirects that are none, and ports that are given twice', async () => {
    const { stderr } = await init('--virtual-ip', '10.0.0.5', '--redirect', 'http', '--redirect', '70000')
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      '--redirect: http is neither PORT nor PORT:PROXYPORT, such as 8080 or 8080:3128',
      '--redirect: 70000 is no port: ports are 1..65535',
    ])
    cli = onHost('10.0.0.1/24')
    expect((await init(...FLAGS, '--redirect', '8080')).stderr).toBe(
      '--redirect: port 8080 is redirects[0].originalPorts[0] already; a port can be redirected once only\n',
    )
  })

  test('without raw sockets it says that it could not listen or ask, and goes on', async () => {
    cli.survey.refuseRawSockets()
    const { code, stdout } = await init(...FLAGS)
    expect(code).toBe(0)
    expect(prose(stdout)).toContain('could not be listened for')
    expect(prose(stdout)).toContain('whether somebody has it already could not be asked')
    expect(parse(read()).virtualRouterId).toBe(51)
  })

  test('what this host lacks is told: kernel mode, a proxy that does not listen, kernel settings', async () => {
    cli.sockets.close()
    cli.forwarding = { ok: true, value: { mode: 'workers', wanted: null, lacking: 'nft is not installed' } }
    const { stdout } = await init('--virtual-ip', '10.0.0.5', '--redirect', '8080:4444')
    expect(prose(stdout)).toContain(
      'Forwarding workers mode, since kernel mode cannot be had here: nft is not installed',
    )
    expect(prose(stdout)).toContain('- port 4444 is not listening')
  })

  test('of several interfaces without a default route one must be named', async () => {
    cli.survey.addInterface('eth1', '10.0.1.1/24')
    expect((await init(...FLAGS)).stderr).toBe('--interface is missing: this host has eth0, eth1\n')
    cli = onHost('10.0.0.1/24')
    cli.survey.addInterface('eth1', '10.0.1.1/24')
    cli.survey.defaultRoute = 'eth0'
    expect((await init(...FLAGS)).code).toBe(0)
    rmSync(file())
    cli = onHost('10.0.0.1/24')
    expect((await init(...FLAGS, '--interface', 'eth7')).stderr).toBe(
      '--interface: eth7 is no interface of this host with an IPv4 address; there is eth0\n',
    )
  })
})

describe('what is there', () => {
  test('a configuration is not replaced without --force, and before anything is looked at', async () => {
    writeFileSync(file(), 'mine')
    const { code, stderr, stdout } = await init(...FLAGS)
    expect([code, stdout, stderr]).toEqual([
      1,
      '',
      `${file()}: is there already; --force replaces it, --output names another file\n`,
    ])
    expect(read()).toBe('mine')
    expect((await init(...FLAGS, '--force')).code).toBe(0)
    expect(parse(read()).virtualIps).toEqual(['10.0.0.5'])
  })

  test('a key stays, also with --force: other nodes may have it', async () => {
    writeFileSync(file('cluster.key'), 'a key of all the nodes\n')
    expect((await init(...FLAGS, '--force')).code).toBe(0)
    expect(read('cluster.key')).toBe('a key of all the nodes\n')
  })

  test('the folder is made where there is none; where it cannot be, nothing is left', async () => {
    const deep = join(folder, 'etc', 'proxyha', 'gateway.yaml')
    expect((await cli.output('init', '-o', deep, ...FLAGS)).code).toBe(0)
    expect(readdirSync(join(folder, 'etc', 'proxyha')).toSorted()).toEqual(['cluster.key', 'gateway.yaml'])
    const blocked = join(file('cluster.key'), 'x.yaml')
    writeFileSync(file('cluster.key'), 'a file, and no folder')
    cli = onHost('10.0.0.1/24')
    expect(await cli.output('init', '-o', blocked, ...FLAGS)).toMatchObject({ code: 1 })
    expect(readdirSync(folder).toSorted()).toEqual(['cluster.key', 'etc'])
  })

  test('a file that comes to be meanwhile is not replaced, and the key that was made is gone again', async () => {
    const { writeFiles } = await import('../../../../runtime/cli/init/writing.ts')
    writeFileSync(file(), 'mine')
    const files = [
      { path: file('new/cluster.key'), text: 'k', mode: 0o600 },
      { path: file(), text: 'theirs', mode: 0o644 },
    ]
    expect(() => writeFiles(files, false)).toThrow(`${file()}: is there already; --force replaces it`)
    expect([readdirSync(folder), read()]).toEqual([['gateway.yaml'], 'mine'])
  })
})

describe('a further node, by --join', () => {
  /** The files of the first node, brought to a folder of the other one. */
  async function brought(more = ''): Promise<string> {
    const first = onHost('10.0.0.1/24')
    mkdirSync(file('first'))
    mkdirSync(file('brought'))
    expect((await first.output('init', '-o', file('first/gateway.yaml'), ...FLAGS)).code).toBe(0)
    writeFileSync(file('brought/gateway.yaml'), `${read('first/gateway.yaml')}${more}`)
    writeFileSync(file('brought/cluster.key'), read('first/cluster.key'))
    cli = onHost('10.0.0.2/24')
    return file('brought/gateway.yaml')
  }

  test('the group comes along, comments too; the priority is the next lower one', async () => {
    const from = await brought('vrrp: { preempt: false } # as agreed\n')
    cli.survey.routers = [router(51, '10.0.0.5')]
    cli.survey.holders.set('10.0.0.5', '02:00:00:00:00:99')
    const { code, stderr, stdout } = await init('--join', from)
    expect([code, stderr]).toEqual([0, ''])
    expect(parse(read())).toEqual({
      ...parse(read('first/gateway.yaml')),
      directorPriority: 90,
      cluster: { keyFile: file('cluster.key') },
      vrrp: { preempt: false },
    })
    expect(read()).toContain('# as agreed')
    expect(read('cluster.key')).toBe(read('first/cluster.key'))
    expect(statSync(file('cluster.key')).mode & 0o777).toBe(0o600)
    expect(prose(stdout)).toContain(`${from} and its key`)
  })

  test('priority, name and interface are its own', async () => {
    const from = await brought()
    cli.survey.links = []
    cli.survey.addInterface('ens3', '10.0.0.2/24')
    expect((await init('--join', from, '--priority', '33', '--name', 'uranus')).code).toBe(0)
    expect(parse(read())).toMatchObject({ name: 'uranus', interface: 'ens3', directorPriority: 33 })
  })

  test('the same priority, settings of the group, and a key that was not brought are refused by name', async () => {
    const from = await brought()
    expect((await init('--join', from, '--priority', '100')).stderr).toBe(
      '--priority: 100 is that of the node that the file is of; take another one\n',
    )
    cli = onHost('10.0.0.2/24')
    expect((await init('--join', from, ...FLAGS)).stderr).toBe(
      '--virtual-ip: is a setting of the group, and comes with --join\n--redirect: is a setting of the group, and comes with --join\n',
    )
    rmSync(file('brought/cluster.key'))
    rmSync(file('first/cluster.key'))
    cli = onHost('10.0.0.2/24')
    expect((await init('--join', from)).stderr).toBe(
      `the key of the group is missing: bring ${file('first/cluster.key')} of the other node along, and put it beside ${from}\n`,
    )
    expect(existsSync(file())).toBe(false)
  })

  test('another key that is there is not replaced without --force', async () => {
    const from = await brought()
    writeFileSync(file('cluster.key'), 'the key of another group')
    expect((await init('--join', from)).stderr).toBe(
      `${file('cluster.key')}: is there already, and is not the key of that group; --force replaces it\n`,
    )
    expect(existsSync(file())).toBe(false)
    cli = onHost('10.0.0.2/24')
    expect((await init('--join', from, '--force')).code).toBe(0)
    expect(read('cluster.key')).toBe(read('first/cluster.key'))
  })

  test('unicast peers: the other node in place of this one', async () => {
    const from = await brought('managementIp: 10.0.0.1\nvrrp: { unicastPeers: [10.0.0.2, 10.0.0.3] }\n')
    expect((await init('--join', from)).code).toBe(0)
    expect(parse(read())).toMatchObject({ vrrp: { unicastPeers: ['10.0.0.1', '10.0.0.3'] } })
    expect(parse(read()).managementIp).toBeUndefined()
  })

  test('a key inside the file stays there, and the file is for its owner only', async () => {
    writeFileSync(
      file('other.yaml'),
      'virtualIps: [10.0.0.5]\nredirects: [{ originalPorts: [80], proxyPort: 3128 }]\ncluster: { key: "a key of all the nodes" }\n',
    )
    const { code, stdout } = await init('--join', file('other.yaml'))
    expect(code).toBe(0)
    expect(parse(read())).toMatchObject({ directorPriority: 90, cluster: { key: 'a key of all the nodes' } })
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(existsSync(file('cluster.key'))).toBe(false)
    expect(stdout).toContain(`scp ${file()} OTHER:\n`)
  })

  test('several instances: each priority is the next lower one, and that they may be crossed is said', async () => {
    writeFileSync(
      file('other.yaml'),
      `instances:
  - { virtualRouterId: 51, directorPriority: 99, virtualIps: [10.0.0.5] }
  - { virtualRouterId: 52, directorPriority: 9, virtualIps: [10.0.0.6] }
redirects: [{ originalPorts: [80], proxyPort: 3128 }]
cluster: { insecure: true }
`,
    )
    const { code, stdout } = await init('--join', file('other.yaml'))
    expect(code).toBe(0)
    expect(parse(read()).instances).toMatchObject([{ directorPriority: 89 }, { directorPriority: 8 }])
    expect(prose(stdout)).toContain('raise those that this node is to lead')
  })

  test('a file that is none is named with its mistakes', async () => {
    writeFileSync(
      file('other.yaml'),
      'virtualRouterId: 0\nvirtualIps: [10.0.0.5]\nredirects: [{ originalPorts: [80], proxyPort: 80 }]\n',
    )
    expect((await init('--join', file('other.yaml'))).stderr).toBe(
      `--join: ${file('other.yaml')} is no configuration of a gateway:\nvirtualRouterId: must be 1..255, is 0\n`,
    )
  })
})

describe('by questions', () => {
  /** Answers each question when it is asked. */
  async function converse(answers: readonly (readonly [prompt: string, answer: string])[]) {
    cli.stdin.isTTY = true
    cli.stdout.isTTY = true
    const done = cli.output('init', '-o', file())
    let from = 0
    for (const [prompt, answer] of answers) {
      await until(
        () => cli.stdout.text.indexOf(prompt, from) >= 0,
        10_000,
        () => `"${prompt}" in ${cli.stdout.text.slice(from)}`,
      )
      from = cli.stdout.text.indexOf(prompt, from) + prompt.length
      cli.stdin.write(answer)
    }
    return done
  }

  test('three answers make a gateway; a wrong one is told at once, and asked for again', async () => {
    cli.survey.holders.set('10.0.0.7', '02:00:00:00:00:99')
    const { code } = await converse([
      ['Virtual IP: ', '10.9.9.9\r'],
      ['outside the', ''],
      ['Virtual IP: ', '10.0.0.7\r'],
      ['answers for it', ''],
      ['Virtual IP: ', '10.0.0.5\r'],
      ['Ports [3128]: ', '8080:3128\r'],
      ['Priority [100]: ', '0\r'],
      ['must be 1..254', ''],
      ['Priority [100]: ', '\r'],
    ])
    expect(code).toBe(0)
    expect(parse(read())).toMatchObject({
      directorPriority: 100,
      virtualIps: ['10.0.0.5'],
      redirects: [{ originalPorts: [8080], proxyPort: 3128 }],
    })
    for (const line of cli.stdout.text.split('\n')) {
      if (!line.includes(folder)) expect(stripVTControlCharacters(line).length).toBeLessThan(80)
    }
  })

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s half way leaves nothing', async (_title, key) => {
    const { code, stderr } = await converse([
      ['Virtual IP: ', '10.0.0.5\r'],
      ['Ports [3128]: ', key],
    ])
    expect([code, stderr, readdirSync(folder)]).toEqual([1, 'ended: nothing was written\n', []])
  })

  test('a signal half way leaves nothing', async () => {
    const done = converse([
      ['Virtual IP: ', '10.0.0.5\r'],
      ['Ports [3128]: ', ''],
    ])
    await until(
      () => cli.stdout.text.includes('Ports'),
      10_000,
      () => 'the question for the ports',
    )
    cli.interruption.abort()
    expect([(await done).code, readdirSync(folder)]).toEqual([1, []])
  })

  test('with --yes nobody is asked, also in a terminal', async () => {
    cli.stdin.isTTY = true
    cli.stdout.isTTY = true
    expect((await init('--yes')).stderr).toContain('--virtual-ip is missing')
  })
})
