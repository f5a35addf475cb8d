import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Diagnostics } from '../../../actors/inspector/messages.ts'
import { describeInNamespaces, type Namespace } from '../../namespaces.ts'
import { CLIENTS, CLUSTER_KEY, type GatewayNode, Group, until, VIP } from '../group.ts'
import { Doctor } from './doctor.ts'

const programs = ['squid', 'curl', 'nft', 'setpriv', 'prlimit', 'sysctl']

/** One group; each fault is made, named, and undone. */
describeInNamespaces('the doctor names each fault that is made', { programs }, (namespaces) => {
  let group: Group
  let doctor: Doctor
  let director: GatewayNode
  let scanning: GatewayNode

  beforeAll(async () => {
    group = new Group(namespaces, { priorities: [99, 89] })
    doctor = new Doctor(group)
    ;[director, scanning] = group.nodes as [GatewayNode, GatewayNode]
    await group.start()
  }, 90_000)

  afterAll(async () => {
    await namespaces.close()
    group.close()
  })

  /** Connections from one client that have said something and stay; resolves once all are there. */
  async function connect(from: Namespace, host: string, port: number, count: number) {
    const script = `const net = require('node:net'); let there = 0
      for (let number = 0; number < ${count}; number++)
        net.connect({ host: '${host}', port: ${port}, localAddress: '${CLIENTS[0]}' }, function () {
          this.write('GET '); if (++there === ${count}) console.log('all')
        })`
    const program = from.start(process.execPath, ['-e', script])
    expect(await program.nextLine()).toBe('all')
    return program
  }

  it('a healthy group: nothing to worry about on every node, before and after the first client', async () => {
    const before = await doctor.examine(director)
    expect(before).toMatchObject({ code: 0, findings: [{ code: 'no-traffic', level: 'note' }] })
    expect(await doctor.examine(scanning)).toEqual({ code: 0, findings: [] })
    expect(await group.fetch(CLIENTS[0]!)).toBeDefined()
    let after = before
    // The kernel's counters are read once in a while.
    await until(
      async () => {
        after = await doctor.examine(director)
        return after.findings.length === 0
      },
      10_000,
      () => `nothing found after the first client: ${JSON.stringify(after)}`,
    )
    expect(after.code).toBe(0)
  }, 60_000)

  it('clients: one that has most of the connections, and those that come past the redirects', async () => {
    const many = await connect(group.client, VIP, 8080, 24)
    const past = await connect(group.client, VIP, 3128, 1)
    const dominant = await doctor.found(director, 'dominant-client')
    expect(dominant.text).toContain(CLIENTS[0])
    expect(dominant.evidence[0]).toMatch(/^it has \d+ of \d+ connections, \d+ %/)
    expect(await doctor.found(director, 'past-redirects')).toMatchObject({ evidence: [`connected now: ${CLIENTS[0]}`] })
    const direct = await connect(group.client, scanning.address, 3128, 1)
    expect(await doctor.found(scanning, 'direct-clients')).toMatchObject({ evidence: [`connected now: ${CLIENTS[0]}`] })
    for (const program of [many, past, direct]) await program.stop()
  }, 60_000)

  it('the proxy of a node: not there, or bound to one address; the director names the node', async () => {
    await scanning.stopProxy()
    expect((await doctor.found(scanning, 'proxy-ports')).evidence[0]).toBe('port 3128 is not listening')
    const failed = await doctor.found(director, 'node-failure')
    expect(failed.text).toContain(scanning.address)
    expect(failed.evidence).toContain('its proxy fails on port 3128')
    scanning.startProxy('127.0.0.1:3128')
    expect((await doctor.found(scanning, 'proxy-bound')).evidence[0]).toContain('listens only on 127.0.0.1')
    await scanning.stopProxy()
    await director.stopProxy()
    for (const node of group.nodes) {
      expect(await doctor.found(node, 'nobody-serves')).toMatchObject({ level: 'failure', since: expect.any(String) })
    }
    for (const node of group.nodes) node.startProxy()
    await doctor.healed()
  }, 90_000)

  it('kernel settings that keep clients away', async () => {
    const sysctl = async (setting: string) =>
      expect(await scanning.namespace.run('sysctl', ['-qw', setting])).toMatchObject({ code: 0 })
    await sysctl('net.ipv4.conf.eth0.arp_ignore=8')
    await sysctl('net.ipv4.conf.eth0.rp_filter=1')
    scanning.namespace.ip('link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'eth1-end')
    for (const device of ['eth1', 'eth1-end']) scanning.namespace.ip('link', 'set', device, 'up')
    scanning.namespace.ip('address', 'add', '10.88.3.1/24', 'dev', 'eth1')
    const { findings } = await doctor.examine(scanning)
    expect(findings.map(({ code }) => code)).toEqual(['arp-ignore', 'rp-filter'])
    expect(findings[1]!.evidence).toContain('10.88.3.0/24 goes through eth1')
    scanning.namespace.ip('link', 'delete', 'eth1')
    await sysctl('net.ipv4.conf.eth0.arp_ignore=0')
    await sysctl('net.ipv4.conf.eth0.rp_filter=0')
    expect(await doctor.examine(scanning)).toEqual({ code: 0, findings: [] })
  }, 60_000)

  it('what is used up, or coarse', async () => {
    const { pid } = (await scanning.get('/diagnostics')) as Diagnostics
    const used = (await scanning.namespace.run('sh', ['-c', `ls /proc/${pid}/fd | wc -l`])).stdout.trim()
    const limit = /(\d+)/.exec(
      (await scanning.namespace.run('prlimit', ['--pid', `${pid}`, '--nofile', '-o', 'SOFT', '--noheadings'])).stdout,
    )?.[1]
    await scanning.namespace.run('prlimit', ['--pid', `${pid}`, `--nofile=${Number(used) + 4}:`])
    const setting = [
      doctor.shown('/proc/meminfo', 'MemTotal: 1000000 kB\nMemAvailable: 10000 kB\n'),
      doctor.shown('/sys/devices/system/clocksource/clocksource0/current_clocksource', 'refined-jiffies\n'),
    ].join('\n')
    const { findings } = await doctor.examine(scanning, setting)
    expect(findings.map(({ code }) => code)).toEqual(['open-files', 'memory', 'clock'])
    await scanning.namespace.run('prlimit', ['--pid', `${pid}`, `--nofile=${limit}:`])
    expect(await doctor.examine(scanning)).toEqual({ code: 0, findings: [] })
  }, 60_000)

  it('a filter that drops the beacons of the director, and what comes of it on both', async () => {
    const file = join(group.folder, 'filter.nft')
    writeFileSync(
      file,
      `table ip filter { chain input { type filter hook input priority 0; ip saddr ${director.address} ip protocol 253 drop; }; }\n`,
    )
    expect(await scanning.namespace.run('nft', ['-f', file])).toMatchObject({ code: 0 })
    expect((await doctor.found(scanning, 'firewall')).evidence).toEqual([
      `ip saddr ${director.address} ip protocol 253 drop`,
    ])
    expect((await doctor.found(director, 'node-stale')).text).toContain(scanning.address)
    expect((await doctor.found(scanning, 'director-without-beacons')).text).toContain(director.address)
    await scanning.namespace.run('nft', ['delete', 'table', 'ip', 'filter'])
    await doctor.healed()
  }, 120_000)

  it('an interface without a carrier', async () => {
    scanning.setCable(false)
    expect((await doctor.found(scanning, 'link-down')).text).toContain('eth0')
    await doctor.found(scanning, 'fault')
    scanning.setCable(true)
    await doctor.healed()
  }, 120_000)

  it('a gateway that may not be asked, and one that is there and says nothing', async () => {
    const denied = await doctor.examineDenied(scanning)
    expect([denied.code, denied.findings.map(({ code }) => code)]).toEqual([1, ['not-permitted']])
    const { pid } = (await scanning.get('/diagnostics')) as Diagnostics
    process.kill(pid, 'SIGSTOP')
    const { findings } = await doctor.examine(scanning, ':', '-c', scanning.configFile)
    process.kill(pid, 'SIGCONT')
    expect(findings.map(({ code }) => code)).toEqual(['gateway-silent'])
    await doctor.healed()
  }, 120_000)

  it('no gateway at all, and a virtual IP that somebody put there', async () => {
    await scanning.stopGateway('SIGKILL')
    scanning.namespace.ip('address', 'add', `${VIP}/16`, 'dev', 'eth0')
    const { code, findings } = await doctor.examine(scanning, ':', '-c', scanning.configFile)
    expect([code, findings.map((finding) => finding.code)]).toEqual([1, ['no-gateway', 'vip-left-behind', 'left-here']])
    scanning.namespace.ip('address', 'delete', `${VIP}/16`, 'dev', 'eth0')
    scanning.startGateway()
    await doctor.healed()
  }, 120_000)

  it('a key that is being changed, while nodes send with different ones', async () => {
    const NEW_KEY = 'a new key of the group, long enough'
    const reloaded = async (node: GatewayNode, keys: readonly string[]) => {
      const file = readFileSync(node.configFile, 'utf8')
      writeFileSync(node.configFile, file.replace(/^cluster: .*$/m, `cluster: { keys: ${JSON.stringify(keys)} }`))
      expect(await node.proxyha('reload', '-s', node.socket)).toMatchObject({ code: 0 })
    }
    for (const node of [director, scanning]) await reloaded(node, [CLUSTER_KEY, NEW_KEY])
    await reloaded(director, [NEW_KEY, CLUSTER_KEY])
    for (const [node, other] of [
      [director, scanning],
      [scanning, director],
    ] as const) {
      const found = await doctor.found(node, 'key-rotation')
      expect([found.level, found.text]).toEqual(['note', expect.stringContaining(`(${other.address}) sends with`)])
    }
    await reloaded(director, [CLUSTER_KEY, NEW_KEY])
    for (const node of [director, scanning]) {
      await reloaded(node, [CLUSTER_KEY])
      const file = readFileSync(node.configFile, 'utf8')
      writeFileSync(node.configFile, file.replace(/^cluster: .*$/m, `cluster: { key: "${CLUSTER_KEY}" }`))
    }
    await doctor.healed()
  }, 120_000)

  it('settings that differ: the key of the beacons, the VRID, a redirect', async () => {
    await doctor.restarted(scanning, (text) => text.replace(CLUSTER_KEY, 'another key than that, long enough'))
    expect((await doctor.found(scanning, 'cluster-key')).text).toContain(director.address)
    expect((await doctor.found(scanning, 'director-without-beacons')).evidence[0]).toMatch(/wrongHmac \d+$/)

    await doctor.restarted(
      scanning,
      (text) => `${text.replace('another key than that, long enough', CLUSTER_KEY)}virtualRouterId: 52\n`,
    )
    expect((await doctor.found(director, 'vrid-differs')).text).toContain(
      `${scanning.address} are refused: virtualRouterId is 52`,
    )

    await doctor.restarted(scanning, (text) =>
      text.replace('virtualRouterId: 52\n', '').replace('[8080]', '[8080, 8081]'),
    )
    expect((await doctor.found(director, 'settings-differ')).text).toMatch(
      /^setting redirects differs: 8080,8081->3128 at node1/,
    )
    await doctor.restarted(scanning, (text) => text.replace(', 8081', ''))
    await doctor.healed()
  }, 180_000)

  it('a gateway that may not do what it has to is refused by name; what it can do without is a note', async () => {
    const without = (name: string) => ['setpriv', `--bounding-set=-${name}`, `--inh-caps=-${name}`]
    for (const name of ['net_admin', 'net_raw']) {
      const { code, stderr } = await doctor.ended(scanning, without(name))
      expect([code, stderr]).toEqual([1, expect.stringContaining(`cannot start: lacks CAP_${name.toUpperCase()} `)])
    }
    await doctor.restarted(scanning, (text) => text, without('sys_nice'))
    expect(await doctor.found(scanning, 'capability')).toMatchObject({
      level: 'note',
      text: expect.stringContaining('CAP_SYS_NICE'),
    })
  }, 60_000)
})
