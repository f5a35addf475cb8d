import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../../runtime/lab/testbed/until.ts'
import { describeInNamespaces } from '../../namespaces.ts'
import { KernelGroup, slotsFor, VIP, VIP6 } from './kernel-group.ts'

const clients = { '10.77.0.101': 2, '10.77.0.102': 3, 'fd00:77::101': 2, 'fd00:77::102': 3 }
const PATIENCE_MS = 30_000

describeInNamespaces('squid behind kernel mode', { programs: ['nft', 'curl', 'squid'] }, (namespaces) => {
  const folder = mkdtempSync(join(tmpdir(), 'squid-'))
  const logOf = (name: string) => join(folder, `${name}.log`)
  const readLog = (name: string) => {
    try {
      return readFileSync(logOf(name), 'utf8')
    } catch {
      return ''
    }
  }
  let group: KernelGroup

  beforeAll(async () => {
    // Squid gives its rights up to a user that has to be able to write here.
    chmodSync(folder, 0o777)
    group = new KernelGroup(namespaces)
    group.addClients(...Object.keys(clients))
    await group.startProxies(8000)
    for (const { namespace, name } of group.gateways.slice(1)) {
      const file = join(folder, `${name}.conf`)
      const lines = [
        'http_port 3128',
        'http_access allow all',
        'cache deny all',
        'pinger_enable off',
        'shutdown_lifetime 0 seconds',
        'pid_filename none',
      ]
      const places = [
        `access_log stdio:${logOf(name)} logformat=tell`,
        `cache_log ${join(folder, `${name}-cache.log`)}`,
      ]
      writeFileSync(
        file,
        ['logformat tell %>a %la %lp %rm %ru', ...lines, ...places, 'logfile_rotate 0', ''].join('\n'),
      )
      namespace.start('squid', ['-N', '-f', file])
      const answers = async () => (await namespace.run('curl', ['-s', 'http://127.0.0.1:3128/'])).code === 0
      await until(answers, PATIENCE_MS, `the squid of ${name}`)
    }
    const redirects = [{ originalPorts: [8080], proxyPort: 3128 }]
    await group.direct(group.gateways[0], { redirects, slots: slotsFor(clients) })
  })
  afterAll(async () => {
    await namespaces.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(Object.entries(clients))('has %s in the access log of node %i, and of no other', async (client, mark) => {
    const proxy = `http://${client.includes(':') ? `[${VIP6}]` : VIP}:8080`
    const url = `${group.gateways[0].address}:8000/`
    expect(await group.ask(url, '-x', proxy, '--interface', client)).toMatch(/^node-1 10\.77\.0\.\d 8000$/)
    const line = `${client} ${client.includes(':') ? VIP6 : VIP} 3128 GET http://${url}`
    await until(() => readLog(`node-${mark}`).includes(line), PATIENCE_MS, line)
    expect(readLog(`node-${5 - mark}`)).not.toContain(client)
  })
})
