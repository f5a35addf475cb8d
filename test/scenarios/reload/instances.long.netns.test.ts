import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describeInNamespaces } from '../../namespaces.ts'
import { Doctor } from '../doctor/doctor.ts'
import { CLIENTS, type GatewayNode, Group, until } from '../group.ts'
import { LongConnections, spreadByKernel, startNamedServers } from '../survival.ts'
import { answersTo, reload, servedBy, withoutWarnings } from './reloads.ts'

const PATIENCE_MS = 60_000
const STEP_MS = 120_000
const UNTOUCHED = [...CLIENTS, ...CLIENTS, ...CLIENTS, ...CLIENTS].slice(0, 200)
const SOME = CLIENTS.slice(0, 12)
const [MAIL, OTHER] = ['10.88.0.20', '10.88.0.21']
const ALL = ['node0', 'node1', 'node2']

/** From `instances:` to the next key. */
const INSTANCES = /^instances:\n(?: {2}.*\n)+/m
const PRIORITIES = { web: [99, 89, 79], mail: [79, 89, 99] }
const instances = (node: number, web: readonly string[], mail: readonly string[]) => {
  const line = (name: keyof typeof PRIORITIES, virtualRouterId: number, addresses: readonly string[]) =>
    addresses.length === 0
      ? ''
      : `  - { name: ${name}, virtualRouterId: ${virtualRouterId}, directorPriority: ${PRIORITIES[name][node]}, virtualIps: [${addresses.map((address) => `${address}/16`)}] }\n`
  return `instances:\n${line('web', 51, web)}${line('mail', 52, mail)}`
}

/** A second virtual router comes, is led by another node, and goes again; the steps build on each other. */
function describeInstances(forwarding: 'workers' | 'kernel', programs: readonly string[]): void {
  describeInNamespaces(`instances that come and go, forwarding: ${forwarding}`, { programs }, (namespaces) => {
    let group: Group
    let untouched: LongConnections
    let transitions: readonly (number | undefined)[]

    const transitionsOfWeb = () =>
      Promise.all(
        group.nodes.map(
          async (node) => (await node.status())?.instances.find(({ name }) => name === 'web')?.transitions,
        ),
      )

    beforeAll(async () => {
      const elections = [0, 1, 2].map((node) => instances(node, ['10.88.0.10'], []).trimEnd())
      group = new Group(namespaces, { priorities: [99, 89, 79], elections, settings: `forwarding: ${forwarding}` })
      startNamedServers(group)
      for (const node of group.nodes) node.startGateway()
      await group.settled(0, 3, PATIENCE_MS)
      if (forwarding === 'kernel') await spreadByKernel(group)
      untouched = new LongConnections(group, 8080, UNTOUCHED)
      await untouched.allOpen()
      transitions = await transitionsOfWeb()
    }, 2 * PATIENCE_MS)
    afterEach(async () => {
      await untouched.allLive()
      expect(await transitionsOfWeb()).toEqual(transitions)
    })
    afterAll(async () => {
      await namespaces.close()
      group.close()
    })

    const change = async (web: readonly string[], mail: readonly string[]): Promise<void> => {
      for (const node of group.nodes.toReversed()) {
        await reload(node, INSTANCES, instances(group.nodes.indexOf(node), web, mail))
      }
    }
    const heldBy = (address: string, wanted: readonly string[]) =>
      until(
        () => `${group.holders(`${address}/16`)}` === `${wanted}`,
        20_000,
        () => `${address} at ${wanted}, not ${group.holders(`${address}/16`)}`,
      )

    it(
      'one that is added is elected, led and served',
      async () => {
        await change(['10.88.0.10'], [MAIL, OTHER])
        await heldBy(MAIL, ['node2'])
        await servedBy(group, SOME, 8080, MAIL)
        expect(await answersTo(group, CLIENTS, 8080, MAIL)).toEqual(ALL)
        expect(await answersTo(group, CLIENTS, 8080)).toEqual(ALL)
        await withoutWarnings(group)
      },
      STEP_MS,
    )

    it(
      'its director may hand over, and may die: the next one follows',
      async () => {
        const director = group.nodes[2] as GatewayNode
        expect(await director.proxyha('failover', '--instance', 'mail', '-s', director.socket)).toMatchObject({
          code: 0,
        })
        await heldBy(MAIL, ['node1'])
        await servedBy(group, SOME, 8080, MAIL)
      },
      STEP_MS,
    )

    it(
      'an actor of it that crashes is restarted with what it knew',
      async () => {
        await group.nodes[1]!.get('/test/crash?actor=announcer-mail')
        await heldBy(MAIL, ['node1'])
        await servedBy(group, SOME, 8080, OTHER)
      },
      STEP_MS,
    )

    it(
      'a virtual IP that goes from one to the other is led by the other’s director',
      async () => {
        await change(['10.88.0.10', OTHER], [MAIL])
        await heldBy(OTHER, ['node0'])
        await heldBy(MAIL, ['node1'])
        await servedBy(group, SOME, 8080, OTHER)
        await withoutWarnings(group, /^mail: stepped down/)
      },
      STEP_MS,
    )

    it(
      'one that is removed is gone, with its addresses and its actors',
      async () => {
        await change(['10.88.0.10', OTHER], [])
        await heldBy(MAIL, [])
        for (const node of group.nodes) {
          expect(node.namespace.ip('address', 'show')).not.toContain(MAIL)
          const actors = (await node.get('/actors')) as readonly { readonly name: string }[]
          expect(actors.map(({ name }) => name).filter((name) => name.includes('mail'))).toEqual([])
        }
        await servedBy(group, SOME, 8080, OTHER)
        await withoutWarnings(group)
      },
      STEP_MS,
    )

    it(
      'after all of that nothing is wrong',
      async () => {
        await new Doctor(group).healed()
        await untouched.allLive()
      },
      STEP_MS,
    )
  })
}

describeInstances('workers', [])
describeInstances('kernel', ['nft'])
