import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { CLIENT_OF_EACH, KernelGroup, slotsFor, VIP, VIP6 } from './kernel-group.ts'

const redirects = [
  { originalPorts: [9090], proxyPort: 9090 },
  { originalPorts: [80], proxyPort: 9080 },
  { originalPorts: [81, 82], proxyPort: 9081 },
]

const BIG_BYTES = 8 * 1024 * 1024

describeInNamespaces('kernel mode', { programs: ['nft', 'curl', 'tcpdump'] }, (namespaces) => {
  let group: KernelGroup
  let folder: string
  let big: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'proxyha-test-'))
    big = join(folder, 'big')
    writeFileSync(big, Buffer.alloc(BIG_BYTES, 'x'))
    group = new KernelGroup(namespaces)
    group.addClients(...Object.keys(CLIENT_OF_EACH))
    await group.startProxies(9090, 9080, 9081, 22)
    await group.direct(group.gateways[0], { redirects, slots: slotsFor(CLIENT_OF_EACH) })
  })
  afterAll(async () => {
    await namespaces.close()
    rmSync(folder, { recursive: true })
  })

  it.each(
    Object.entries(CLIENT_OF_EACH).flatMap(([client, mark]) =>
      [
        [9090, 9090],
        [80, 9080],
        [81, 9081],
        [82, 9081],
      ].map(([original, proxy]) => [client, original, mark, proxy] as const),
    ),
  )('brings %s at port %i to node %i, its own address kept', async (client, original, mark, proxy) => {
    const host = client.includes(':') ? `[${VIP6}]` : VIP
    expect(await group.ask(`${host}:${original}/`, '--interface', client)).toBe(`node-${mark} ${client} ${proxy}`)
  })

  it.each(Object.keys(CLIENT_OF_EACH))('moves megabytes both ways for %s, offloads on', async (client) => {
    const host = client.includes(':') ? `[${VIP6}]` : VIP
    for (const port of [9090, 80, 81]) {
      const url = `${host}:${port}/`
      const download = ['-o', '/dev/null', '-w', '%{size_download}', '--interface', client]
      expect(await group.ask(`${url}big`, ...download)).toBe(`${BIG_BYTES}`)
      const upload = ['--data-binary', `@${big}`, '--interface', client]
      expect(await group.ask(url, ...upload)).toBe(`${BIG_BYTES}`)
    }
  })

  it('leaves what is no redirect to the director', async () => {
    for (const client of ['10.77.0.102', '10.77.0.103']) {
      expect(await group.ask(`${VIP}:22/`, '--interface', client)).toBe(`node-1 ${client} 22`)
    }
  })

  it("leaves a node's own address to the node", async () => {
    for (const { name, address } of group.gateways) {
      expect(await group.ask(`${address}:22/`)).toBe(`${name} 10.77.0.1 22`)
      expect(await group.ask(`${address}:9090/`)).toBe(`${name} 10.77.0.1 9090`)
    }
  })
})
