import { statSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { Capture } from './capture.ts'
import { KernelGroup, slotsFor, VIP, VIP6 } from './kernel-group.ts'

const clients = { '10.77.0.101': 1, '10.77.0.102': 2, 'fd00:77::101': 1, 'fd00:77::102': 2 }
const redirects = [
  { originalPorts: [9090], proxyPort: 9090 },
  { originalPorts: [80], proxyPort: 9080 },
  { originalPorts: [81, 82], proxyPort: 9081 },
]

describeInNamespaces(
  'without offloads, where every checksum is real',
  { programs: ['nft', 'curl', 'tcpdump'] },
  (namespaces) => {
    let group: KernelGroup
    beforeAll(async () => {
      group = new KernelGroup(namespaces)
      group.addClients(...Object.keys(clients))
      await group.startProxies(9090, 9080, 9081)
      await group.direct(group.gateways[0], { redirects, slots: slotsFor(clients) })
      const script = new URL('./fixtures/offloads-off.ts', import.meta.url)
      for (const host of [group.client, ...group.gateways.map(({ namespace }) => namespace)]) {
        expect(await host.runScript(script, 'eth0')).toBe(true)
      }
    })
    afterAll(() => namespaces.close())

    it.each(Object.keys(clients))(
      'ports are mapped both ways for %s, and every checksum on the wire is right',
      async (client) => {
        const host = client.includes(':') ? `[${VIP6}]` : VIP
        for (const port of [9090, 80, 82]) {
          const capture = await Capture.start(group.bridge, 'br0', `tcp port ${port}`, '-vv', '-s', '0')
          const upload = ['--data-binary', `@${import.meta.filename}`, '--interface', client]
          expect(await group.ask(`${host}:${port}/`, ...upload)).toBe(`${statSync(import.meta.filename).size}`)
          const download = ['-o', '/dev/null', '-w', '%{size_download}', '--interface', client]
          expect(await group.ask(`${host}:${port}/big`, ...download)).toBe(`${8 * 1024 * 1024}`)
          const frames = await capture.stop()
          expect(frames.length).toBeGreaterThan(50)
          expect(frames.filter(({ text }) => !/cksum 0x\w+ \(correct\)/.test(text))).toEqual([])
        }
      },
    )
  },
)
