import { afterEach, expect, it } from 'vitest'
import { describeInNamespaces, type Namespace } from '../../namespaces.ts'
import { Group, macOf, ORIGIN, START_PATIENCE_MS, until } from '../group.ts'

const ipv4 = Array.from({ length: 255 }, (_, index) => `10.88.3.${index + 1}`)
/** As many in all, but no more an instance than an advert carries. */
const ipv6 = [1, 2, 3].map((instance) => Array.from({ length: 85 }, (_, index) => `fd00:88::${instance}:${index + 1}`))

const instanceOf = (vrid: number, priority: number, addresses: readonly string[], prefix: number) =>
  `{ virtualRouterId: ${vrid}, directorPriority: ${priority}, virtualIps: [${addresses.map((address) => `"${address}/${prefix}"`)}] }`
const instancesOf4 = (priority: number) => `instances: [${instanceOf(51, priority, ipv4, 16)}]`
const instancesOf6 = (priority: number) =>
  `instances: [${ipv6.map((addresses, index) => instanceOf(61 + index, priority, addresses, 64))}]`

/** What of VRRP, ARP and neighbour advertisements passes, with its time in seconds. */
class Sniffer {
  readonly lines: string[] = []

  constructor(namespace: Namespace) {
    const filter = 'vrrp or ip6 proto 112 or arp or icmp6[0] == 136'
    const program = namespace.start('tcpdump', [
      '-i',
      'eth0',
      '-B',
      '8192',
      '-s',
      '1600',
      '-ttenn',
      '-l',
      '--immediate-mode',
      filter,
    ])
    const read = async () => {
      for (;;) this.lines.push(await program.nextLine())
    }
    read().catch(() => undefined)
  }

  from(mac: string, pattern: RegExp): readonly string[] {
    return this.lines.filter((line) => line.split(' ')[1] === mac && pattern.test(line))
  }
}

describeInNamespaces(
  '255 virtual IPs of a family in workers mode',
  { programs: ['squid', 'tcpdump', 'nft'] },
  (namespaces) => {
    let group: Group | undefined
    afterEach(async () => {
      await namespaces.close()
      group?.close()
    })

    it.each([
      ['IPv4', instancesOf4, [ipv4], 8080],
      ['IPv6', instancesOf6, ipv6, 8080],
    ])(
      '%s: each is served and told of, without a gap of adverts, also after a takeover',
      {
        timeout: 240_000,
      },
      async (_, elections, instances, port) => {
        const settings = 'vrrp: { version: 3 }'
        const all = instances.flat()
        group = new Group(namespaces, {
          priorities: [200, 100],
          originalPort: port,
          elections: [elections(200), elections(100)],
          settings,
        })
        const { client, nodes } = group
        client.ip('address', 'add', 'fd00:88::ffff/64', 'dev', 'eth0', 'nodad')
        const [director, follower] = nodes
        const silent = () =>
          client.runScript(new URL('../fixtures/each-address.ts', import.meta.url), `${port}`, ORIGIN, ...all)
        await group.start()
        const held = async (node = director!) =>
          (await node.status())?.virtualIps.filter((address) => address.held).length ?? 0
        await until(async () => (await held()) === all.length, START_PATIENCE_MS, 'all addresses at the director')
        expect((await director!.status())?.warnings).toEqual([])
        expect(await silent()).toEqual([])

        const sniffer = new Sniffer(client)
        const mac = macOf(follower!.namespace)
        await director!.stopGateway('SIGKILL')
        await director!.stopProxy()
        await until(async () => (await held(follower)) === all.length, START_PATIENCE_MS, 'all at the follower')
        const vridOf = (index: number) => new RegExp(`vrid ${(instances.length > 1 ? 61 : 51) + index}\\b`)
        const isTold = (address: string) =>
          sniffer.lines.some(
            (line) =>
              line.split(' ')[1] === mac &&
              line.includes(` ${address},`) &&
              /Announcement|Request who-has|advertisement/.test(line),
          )
        await until(
          () => all.every(isTold),
          30_000,
          () => `word of ${all.filter((address) => !isTold(address))}`,
        )
        await until(
          () => instances.every((_, index) => sniffer.from(mac, vridOf(index)).length >= 8),
          30_000,
          'eight adverts',
        )
        expect(await silent()).toEqual([])
        for (const [index] of instances.entries()) {
          const timesS = sniffer.from(mac, vridOf(index)).map((line) => Number(line.split(' ')[0]))
          const gapsS = timesS.slice(1).map((timeS, at) => timeS - timesS[at]!)
          expect(timesS.length).toBeGreaterThanOrEqual(8)
          // After three intervals another node would take over.
          expect(Math.max(...gapsS)).toBeLessThan(3)
        }
        const status = await follower!.status()
        expect(status?.instances.map(({ state }) => state)).toEqual(instances.map(() => 'MASTER'))
      },
    )
  },
)
