import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { Doctor } from '../doctor/doctor.ts'
import { CLIENTS, type GatewayNode, Group, until, VIP } from '../group.ts'
import { LongConnections, spreadByKernel, startNamedServers } from '../survival.ts'
import { answersTo, reload, servedBy, transitionsOf, warnsOf, withoutWarnings } from './reloads.ts'

const SERVER = new URL('../../../loadtest/group/server.ts', import.meta.url)
const PATIENCE_MS = 60_000
const STEP_MS = 120_000
/** Connections, two for each: they are open from before the first reload until after the last. */
const UNTOUCHED = [...CLIENTS, ...CLIENTS, ...CLIENTS, ...CLIENTS].slice(0, 200)
const SOME = CLIENTS.slice(0, 12)
const SECOND_VIP = '10.88.0.20'

const VIRTUAL_IPS = /^virtualIps: .*$/m
const virtualIps = (...addresses: readonly string[]) =>
  `virtualIps: [${addresses.map((address) => (address.includes('/') ? address : `${address}/16`))}]`
const REDIRECTS = /^redirects: .*$/m
const redirectsTo = (redirects: Readonly<Record<number, string>>) =>
  `redirects: [${Object.entries(redirects).map(([proxyPort, originalPorts]) => `{ protocol: http, originalPorts: [${originalPorts}], proxyPort: ${proxyPort} }`)}]`

/** Three nodes, under load, whose files change one after the other; the steps build on each other. */
function describeReloading(forwarding: 'workers' | 'kernel', programs: readonly string[]): void {
  describeInNamespaces(
    `redirects and virtual IPs while it runs, forwarding: ${forwarding}`,
    { programs },
    (namespaces) => {
      let group: Group
      let untouched: LongConnections
      let [director, ...others]: GatewayNode[] = []
      let transitions: readonly (number | undefined)[]
      const doctor = () => new Doctor(group)

      beforeAll(async () => {
        group = new Group(namespaces, { priorities: [99, 89, 79], settings: `forwarding: ${forwarding}` })
        ;[director, ...others] = group.nodes
        startNamedServers(group)
        for (const node of group.nodes) node.namespace.startScript(SERVER, node.name, '3129')
        for (const node of group.nodes) node.startGateway()
        await group.settled(0, 3, PATIENCE_MS)
        if (forwarding === 'kernel') await spreadByKernel(group)
        untouched = new LongConnections(group, 8080, UNTOUCHED)
        const { nodes } = await untouched.allOpen()
        expect(Object.keys(nodes).toSorted()).toEqual(['node0', 'node1', 'node2'])
        transitions = await transitionsOf(group)
      }, 2 * PATIENCE_MS)
      afterEach(async () => {
        await untouched.allLive()
        expect(await transitionsOf(group)).toEqual(transitions)
      })
      afterAll(async () => {
        await namespaces.close()
        group.close()
      })

      /** What comes is known by the nodes before the director sends it there. */
      const directorLast = async (before: string | RegExp, after: string): Promise<void> => {
        for (const node of [...others.toReversed(), director!]) await reload(node, before, after)
      }
      const directorFirst = async (before: string | RegExp, after: string): Promise<void> => {
        for (const node of group.nodes) await reload(node, before, after)
      }

      it(
        'a redirect that is added is served by all nodes; while they differ, that is named',
        async () => {
          const both = redirectsTo({ 3128: '8080', 3129: '9090' })
          await reload(others[1]!, REDIRECTS, both)
          await warnsOf(director!, 'redirects')
          await untouched.allLive()
          await reload(others[0]!, REDIRECTS, both)
          await reload(director!, REDIRECTS, both)
          await servedBy(group, SOME, 9090)
          expect(await answersTo(group, CLIENTS, 9090)).toEqual(['node0', 'node1', 'node2'])
          await withoutWarnings(group)
        },
        STEP_MS,
      )

      it(
        'one more original port of a proxy port that has one is served; what is open by that goes on',
        async () => {
          await directorLast(REDIRECTS, redirectsTo({ 3128: '8081, 8080', 3129: '9090' }))
          await servedBy(group, SOME, 8081)
          expect(await answersTo(group, SOME, 8080)).not.toContain('ECONNREFUSED')
          await withoutWarnings(group)
        },
        STEP_MS,
      )

      it(
        'of a redirect that is removed nothing new begins, and what is open goes on in kernel mode, is reset in workers mode',
        async () => {
          const open = new LongConnections(group, 9090, SOME)
          await open.allOpen()
          await directorFirst(REDIRECTS, redirectsTo({ 3128: '8081, 8080' }))
          expect(await answersTo(group, SOME, 9090)).toEqual(['ECONNREFUSED'])
          const { lost } = await open.check()
          const failures = [...new Set(lost.map(({ failure }) => failure))]
          if (forwarding === 'kernel') expect(lost).toEqual([])
          else expect([lost.length, failures]).toEqual([2 * SOME.length, ['ECONNRESET']])
          await open.stop()
          await withoutWarnings(group)
        },
        STEP_MS,
      )

      it(
        'a redirect that leads elsewhere: new connections go there',
        async () => {
          await directorLast(REDIRECTS, redirectsTo({ 3128: '8080', 3129: '8081' }))
          await servedBy(group, SOME, 8081)
          await withoutWarnings(group)
        },
        STEP_MS,
      )

      describe('a virtual IP', () => {
        it(
          'that is added is in the adverts, answers and is served',
          async () => {
            const adverts = director!.namespace.start('tcpdump', ['-lnvi', 'eth0', 'ip', 'proto', '112'])
            await adverts.nextLine()
            await directorLast(VIRTUAL_IPS, virtualIps(VIP, SECOND_VIP))
            let line = ''
            await until(
              async () => {
                line = await adverts.nextLine()
                return line.includes(SECOND_VIP)
              },
              10_000,
              () => `an advert with ${SECOND_VIP}: ${line}`,
            )
            await adverts.stop()
            await until(() => director!.holdsVip(`${SECOND_VIP}/16`), 20_000, 'the director to hold it')
            await servedBy(group, SOME, 8080, SECOND_VIP)
            expect(await answersTo(group, CLIENTS, 8080, SECOND_VIP)).toEqual(['node0', 'node1', 'node2'])
            expect(group.holders(`${SECOND_VIP}/16`)).toEqual(['node0'])
            await withoutWarnings(group)
          },
          STEP_MS,
        )

        it(
          'that is removed is gone, what came by it is reset, and the other stays',
          async () => {
            const open = new LongConnections(group, 8080, SOME, SECOND_VIP)
            await open.allOpen()
            await directorFirst(VIRTUAL_IPS, virtualIps(VIP))
            expect(group.holders(`${SECOND_VIP}/16`)).toEqual([])
            const { lost } = await open.check()
            expect([lost.length, [...new Set(lost.map(({ failure }) => failure))]]).toEqual([
              2 * SOME.length,
              ['ECONNRESET'],
            ])
            await open.stop()
            for (const node of group.nodes) {
              expect(node.namespace.ip('address', 'show')).not.toContain(SECOND_VIP)
            }
            expect(director!.holdsVip()).toBe(true)
            await withoutWarnings(group)
          },
          STEP_MS,
        )

        it(
          'that is in a subnet in which no node has an address is served there, and its routes go with it',
          async () => {
            const [vip, prefix] = ['10.99.0.20', '10.99.0.20/24']
            const there = Array.from({ length: 12 }, (_, index) => `10.99.0.${index + 1}`)
            for (const address of there) group.client.ip('address', 'add', `${address}/24`, 'dev', 'eth0')
            await directorLast(VIRTUAL_IPS, virtualIps(VIP, prefix))
            await until(() => director!.holdsVip(prefix), 20_000, 'the director to hold it')
            await servedBy(group, there, 8080, vip)
            expect((await answersTo(group, there, 8080, vip)).length).toBeGreaterThan(1)
            await directorFirst(VIRTUAL_IPS, virtualIps(VIP))
            const routes = () => group.nodes.map((node) => node.namespace.ip('route', 'show')).join('')
            await until(
              () => !routes().includes('10.99.0.0'),
              10_000,
              () => `no routes to it: ${routes()}`,
            )
            await withoutWarnings(group)
          },
          STEP_MS,
        )

        it(
          'that somebody else has is not added, and that is told; the others stay',
          async () => {
            const taken = '10.88.0.30'
            group.origin.ip('address', 'add', `${taken}/16`, 'dev', 'eth0')
            await directorLast(VIRTUAL_IPS, virtualIps(VIP, taken))
            await warnsOf(director!, `${taken} is held by`)
            // The time for which it is waited is over by far when a node is sure to say so.
            await untouched.allLive()
            expect([director!.holdsVip(), group.holders(`${taken}/16`)]).toEqual([true, []])
            await directorFirst(VIRTUAL_IPS, virtualIps(VIP))
            await withoutWarnings(group)
            group.origin.ip('address', 'del', `${taken}/16`, 'dev', 'eth0')
          },
          STEP_MS,
        )
      })

      it('after all of that nothing is wrong', () => doctor().healed(), STEP_MS)
    },
  )
}

describeReloading('workers', ['tcpdump'])
describeReloading('kernel', ['nft', 'tcpdump'])
