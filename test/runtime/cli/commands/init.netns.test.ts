import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../../runtime/lab/testbed/until.ts'
import { describeInNamespaces, type Namespace } from '../../../namespaces.ts'

const PROXYHA = fileURLToPath(new URL('../../../../bin/proxyha', import.meta.url))
const VIP = '10.88.0.10'
const PATIENCE_MS = 60_000

/** Two hosts that nobody has set up, with proxies on :3128, and a client. */
describeInNamespaces('proxyha init', { programs: ['nft', 'curl', 'setpriv'] }, (namespaces) => {
  const folder = mkdtempSync(join(tmpdir(), 'proxyha-init-'))
  const file = (host: string, name = 'gateway.yaml') => join(folder, host, name)
  let [first, second, client]: Namespace[] = []
  beforeAll(() => {
    const { members } = namespaces.subnet('10.88.0.11/24', '10.88.0.12/24', '10.88.0.99/24')
    ;[first, second, client] = members
    for (const [name, host] of Object.entries({ first: first!, second: second! })) {
      mkdirSync(join(folder, name))
      host.start(process.execPath, ['-e', `require('node:http').createServer((_, r) => r.end('${name}')).listen(3128)`])
    }
  })
  afterAll(async () => {
    await namespaces.close()
    rmSync(folder, { recursive: true })
  })

  const init = async (host: Namespace, ...flags: readonly string[]) => {
    const { code, stdout, stderr } = await host.run(PROXYHA, ['init', ...flags])
    return { code, said: stdout.replaceAll(/\s+/g, ' '), stderr }
  }
  /** With a /run of its own: hosts have none in common. */
  const run = (host: Namespace, name: string) =>
    host.start('sh', ['-c', `mount -t tmpfs tmpfs /run && exec ${PROXYHA} run -c ${file(name)}`])
  const fetched = async () => (await client!.run('curl', ['-s', '-m', '2', `http://${VIP}:8080/`])).stdout

  it('by flags, and --join, makes a group that serves through the virtual IP', {
    timeout: 3 * PATIENCE_MS,
  }, async () => {
    const begun = await init(first!, '-o', file('first'), '--virtual-ip', VIP, '--redirect', '8080:3128')
    expect(begun).toMatchObject({ code: 0, stderr: '' })
    expect(begun.said).toContain('eth0 10.88.0.11/24')
    expect(begun.said).toContain('3128 (node)')
    expect(begun.said).toContain('VRRP nobody was heard')
    expect(begun.said).toContain('Forwarding kernel mode')
    run(first!, 'first')
    await until(
      async () => (await fetched()) === 'first',
      PATIENCE_MS,
      () => 'an answer of the first node',
    )
    for (const name of ['gateway.yaml', 'cluster.key']) copyFileSync(file('first', name), join(folder, name))
    const joined = await init(second!, '-o', file('second'), '--join', join(folder, 'gateway.yaml'))
    expect(joined).toMatchObject({ code: 0, stderr: '' })
    expect(joined.said).toContain('VRID 51: 10.88.0.11 (priority 100) leads 10.88.0.10')
    expect(readFileSync(file('second', 'cluster.key'), 'utf8')).toBe(readFileSync(file('first', 'cluster.key'), 'utf8'))
    const gateway = run(second!, 'second')
    const lines: string[] = []
    await until(
      async () => {
        lines.push(await gateway.nextLine())
        return lines.some((line) => line.includes('Scanning partner has joined 10.88.0.11'))
      },
      PATIENCE_MS,
      () => `the second node as one of the group: ${lines.join('\n')}`,
    )
    // The first is gone with its proxy: the second serves.
    first!.ip('link', 'set', 'eth0', 'down')
    await until(
      async () => (await fetched()) === 'second',
      PATIENCE_MS,
      () => 'an answer of the second node, as director',
    )
  })

  it('refuses the virtual IP of a group, and an address that somebody has', { timeout: PATIENCE_MS }, async () => {
    const flags = ['-o', join(folder, 'none', 'gateway.yaml'), '--redirect', '8080:3128', '--virtual-ip']
    const led = await init(client!, ...flags, VIP)
    expect([led.code, led.stderr]).toEqual([
      1,
      `--virtual-ip: ${VIP} is led by 10.88.0.12 with VRID 51; to join that group take its file along: --join FILE\n`,
    ])
    const held = await init(client!, ...flags, '10.88.0.12')
    expect(held.code).toBe(1)
    expect(held.stderr).toMatch(/^--virtual-ip: 10\.88\.0\.12 is in use: [0-9a-f:]{17} answers for it/)
    const other = await init(client!, ...flags, '10.88.0.77', '--virtual-router-id', '51')
    expect(other.stderr).toBe(`--virtual-router-id: VRID 51 is used by 10.88.0.12 for ${VIP}; 52 is free\n`)
  })

  it('without CAP_NET_RAW says that it could not listen or ask, and goes on', { timeout: PATIENCE_MS }, async () => {
    const { code, stdout } = await client!.run('setpriv', [
      ...['--bounding-set', '-net_raw', '--inh-caps', '-net_raw', PROXYHA, 'init'],
      ...['-o', join(folder, 'raw', 'gateway.yaml'), '--redirect', '3128', '--virtual-ip', '10.88.0.77'],
    ])
    expect([code, stdout.replaceAll(/\s+/g, ' ')]).toEqual([0, expect.stringContaining('could not be listened for')])
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('could not be asked')
  })
})
