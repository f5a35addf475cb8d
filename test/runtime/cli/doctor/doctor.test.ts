import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { InspectedGateway } from '../../../actors/inspector/gateway-fixture.ts'
import { asOrdinaryUser } from '../../../ordinary-user.ts'
import { CapturedCli, healthyHost } from '../captured-cli.ts'

let folder: string
let config: string
let cli: CapturedCli
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proxyha-doctor-'))
  config = join(folder, 'gateway.yaml')
  cli = new CapturedCli()
  writeFileSync(
    config,
    `name: jupiter
virtualIps: [10.0.0.5/24]
redirects: [{ originalPorts: [80], proxyPort: 3128 }]
control: { socket: ${join(folder, 'nobody.sock')} }
`,
  )
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('where no gateway answers', () => {
  const diagnosis = async () => {
    const { code, stdout, stderr } = await cli.output('doctor', '--json', '-c', config)
    return { code, stderr, ...(JSON.parse(stdout) as { readonly findings: readonly { readonly code: string }[] }) }
  }

  test('that is the first finding, and what can be seen without one follows', async () => {
    const { code, stdout, stderr } = await cli.output('doctor', '-c', config)
    expect([code, stderr]).toEqual([1, ''])
    expect(stdout).toBe(
      [
        'no gateway answers here',
        '',
        'failure: no gateway answers here: this node takes no part in the group',
        `  - no gateway runs here: ${join(folder, 'nobody.sock')} is not there; start one with "proxyha run -c FILE", or name its control socket with -s`,
        '  to do: start it; its log, and "proxyha check-config", tell why it does not stay',
        '',
        'warning: the proxy of this node does not listen on all of its ports: it takes no traffic',
        '  - port 3128 is not listening',
        '  to do: start the proxy, unbound (0.0.0.0 or ::); "proxyha check -v" tells when it is right',
        '',
      ].join('\n'),
    )
  })

  test('the host is looked at by the configuration, without a process', async () => {
    const { link } = healthyHost().network!
    cli.view = healthyHost({ link: { ...link!, up: false } })
    const { code, findings } = await diagnosis()
    expect([code, findings.map((finding) => finding.code)]).toEqual([1, ['no-gateway', 'link-down', 'proxy-ports']])
    expect(cli.questions).toEqual([
      {
        interfaceName: 'eth0',
        pid: null,
        managementIp: null,
        virtualIps: ['10.0.0.5'],
        proxyPorts: [],
        redirectPorts: [],
      },
    ])
  })

  test.each([
    ['for ever is named: two hosts have it', null, true],
    ['with a lifetime is taken away by the kernel', 2, false],
  ])('a virtual IP that was left here %s', async (_, validLifetimeS, isTold) => {
    const addresses = [
      { family: 4, address: '10.0.0.1', prefixLength: 24, validLifetimeS: null },
      { family: 4, address: '10.0.0.5', prefixLength: 24, validLifetimeS },
    ] as const
    cli.view = healthyHost({ link: { ...healthyHost().network!.link!, addresses } })
    const { findings } = await diagnosis()
    const told = findings.filter(({ code }) => code === 'vip-left-behind')
    expect(told).toMatchObject(
      isTold
        ? [
            {
              evidence: ['10.0.0.5/24 is on eth0, without a lifetime'],
              advice: 'take it off: ip address del 10.0.0.5/24 dev eth0',
            },
          ]
        : [],
    )
  })

  test('what a gateway of kernel mode has left for open connections is seen', async () => {
    const loopback = [{ family: 4, address: '10.0.0.5', prefixLength: 32, validLifetimeS: 3_200_000_000 }] as const
    const ruleset = 'table netdev proxyha {\n}\ntable inet proxyha {\n}\ntable ip filter {\n}\n'
    cli.view = healthyHost({ loopback, ruleset })
    const { findings } = await diagnosis()
    expect(findings.find(({ code }) => code === 'left-here')).toMatchObject({
      level: 'note',
      evidence: ['10.0.0.5/32 is on lo', 'nft has the table netdev proxyha', 'nft has the table inet proxyha'],
      advice: expect.stringContaining(
        'ip address del 10.0.0.5/32 dev lo; nft delete table netdev proxyha; nft delete table inet proxyha',
      ),
    })
    cli.view = healthyHost({ loopback })
    cli = Object.assign(new CapturedCli(), { view: cli.view })
    const alone = await diagnosis()
    expect(alone.findings.find(({ code }) => code === 'vip-left-on-lo')).toMatchObject({ level: 'warning' })
  })

  test('one that may not be asked, or says nothing, is not called absent, and its addresses are not left behind', async () => {
    const addresses = [{ family: 4, address: '10.0.0.5', prefixLength: 24, validLifetimeS: null }] as const
    cli.view = healthyHost({ link: { ...healthyHost().network!.link!, addresses } })
    const socket = join(folder, 'nobody.sock')
    const mute = createServer((connection) => connection.destroy())
    await new Promise<void>((resolve) => mute.listen(socket, resolve))
    const { code, findings } = await diagnosis()
    expect([code, findings.map((finding) => finding.code)]).toEqual([1, ['gateway-silent', 'proxy-ports']])
    chmodSync(folder, 0o755)
    chmodSync(socket, 0)
    cli = Object.assign(new CapturedCli(), { view: cli.view })
    await asOrdinaryUser(async () => {
      const denied = await cli.output('doctor', '-c', config)
      expect(denied.code).toBe(1)
      expect(denied.stdout).toContain('the gateway here may not be asked')
      expect(denied.stdout).toContain('to do: run this command as root, or as the user that the gateway runs as')
      expect(denied.stdout).not.toContain('start it')
    })
    await new Promise((resolve) => mute.close(resolve))
  })

  test('a configuration that is broken is told, and nothing else', async () => {
    writeFileSync(config, 'virtualIps: nonsense\n')
    const { code, stdout, stderr } = await cli.output('doctor', '-c', config)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('virtualIps')
  })
})

describe('where a gateway answers', () => {
  let gateway: InspectedGateway
  beforeEach(async () => {
    gateway = new InspectedGateway()
    await gateway.start()
  })
  afterEach(() => gateway.close())

  test("its host is asked about the process, the interface and the addresses that are the gateway's", async () => {
    await cli.run('doctor', '-s', gateway.socketPath)
    expect(cli.questions).toEqual([
      {
        interfaceName: 'eth0',
        pid: process.pid,
        managementIp: '10.0.0.1',
        virtualIps: ['10.0.0.5'],
        proxyPorts: [3128],
        redirectPorts: [8080, 3128],
      },
    ])
  })

  test('a proxy port that is an original port too is no way past the redirects', async () => {
    await gateway.stop()
    await gateway.start({ redirects: [{ originalPorts: [3128, 8080], proxyPort: 3128 }] })
    await cli.run('doctor', '-s', gateway.socketPath)
    expect(cli.questions).toMatchObject([{ proxyPorts: [] }])
  })

  test('the ports of a range are those of redirects, too', async () => {
    await gateway.stop()
    await gateway.start({ portRanges: [{ first: 50_000, last: 50_002 }] })
    await cli.run('doctor', '-s', gateway.socketPath)
    expect(cli.questions).toMatchObject([{ proxyPorts: [3128], redirectPorts: [8080, 3128, 50_000, 50_001, 50_002] }])
  })

  test('a part of the status that comes late once is asked for again; one that stays away is named', async () => {
    const { watcher } = gateway.controls
    let refusals = 2
    const describe = () => {
      if (refusals-- > 0) throw new Error('did not answer within 1000 ms')
      return watcher!.describe!()
    }
    gateway.controls.watcher = { describe }
    const codes = async () => {
      const { stdout } = await new CapturedCli().output('doctor', '--json', '-s', gateway.socketPath)
      return (JSON.parse(stdout) as { readonly findings: readonly { readonly code: string }[] }).findings.map(
        ({ code }) => code,
      )
    }
    expect(await codes()).not.toContain('actor-silent')
    expect(refusals).toBeLessThan(0)
    refusals = Number.POSITIVE_INFINITY
    expect(await codes()).toContain('actor-silent')
  })

  test('clients that cannot be told are no reason to say nothing', async () => {
    const { dispatcher } = gateway.controls
    gateway.controls.dispatcher = { describe: dispatcher!.describe! }
    const { stdout, stderr } = await cli.output('doctor', '-s', gateway.socketPath)
    expect(stderr).toBe('')
    expect(stdout).toContain('warning: node-10 (10.0.0.10) takes no traffic')
  })
})
