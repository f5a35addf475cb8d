import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { CLIENT_OF_EACH, KernelGroup, slotsFor, VIP, VIP6 } from './kernel-group.ts'

const redirects = [
  { originalPorts: [9090], proxyPort: 9090 },
  { originalPorts: [80], proxyPort: 9080 },
]

/** Large enough to come in many packets. */
const upload = fileURLToPath(new URL('../../../package-lock.json', import.meta.url))

const kinds = [
  ['a bridge', 'a macvlan', ['bridge', 'macvlan', 'veth']],
  ['a macvlan', 'a bridge', ['macvlan', 'bridge', 'veth']],
] as const

describeInNamespaces('kernel mode on other interfaces', { programs: ['nft', 'curl'] }, (namespaces) => {
  afterAll(() => namespaces.close())

  for (const [director, node, interfaces] of kinds) {
    describe(`${director} at the director and ${node} at a node`, () => {
      let group: KernelGroup
      beforeAll(async () => {
        group = new KernelGroup(namespaces, interfaces)
        group.addClients(...Object.keys(CLIENT_OF_EACH))
        await group.startProxies(9090, 9080)
        await group.direct(group.gateways[0], { redirects, slots: slotsFor(CLIENT_OF_EACH) })
      })

      it.each(Object.entries(CLIENT_OF_EACH))('brings %s to node %i', async (client, mark) => {
        const host = client.includes(':') ? `[${VIP6}]` : VIP
        for (const [port, proxyPort] of [
          [9090, 9090],
          [80, 9080],
        ]) {
          const url = `${host}:${port}/`
          expect(await group.ask(url, '--interface', client)).toBe(`node-${mark} ${client} ${proxyPort}`)
          const parameters = ['--data-binary', `@${upload}`, '--interface', client]
          expect(await group.ask(url, ...parameters)).toBe(`${statSync(upload).size}`)
        }
      })
    })
  }
})
