import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Diagnostics } from '../../actors/inspector/messages.ts'
import { describeInNamespaces, type RunningProgram } from '../namespaces.ts'
import { CLIENTS, CLUSTER_KEY, type GatewayNode, Group, START_PATIENCE_MS, until, VIP } from './group.ts'

const NEW_KEY = 'another key, as long as the one before'
const KEPT = CLIENTS.slice(0, 12)
const STEPS = [
  ['also takes the new key', [CLUSTER_KEY, NEW_KEY]],
  ['sends with the new key', [NEW_KEY, CLUSTER_KEY]],
  ['takes the old key no more', [NEW_KEY]],
] as const

describe.each(['workers', 'kernel'])('in %s mode', (mode) => {
  const programs = ['squid', 'curl', ...(mode === 'kernel' ? ['nft'] : [])]
  describeInNamespaces(
    'the key of three nodes is changed under traffic, by reloads, and nobody misses a node or a connection',
    { programs },
    (namespaces) => {
      let group: Group
      let kept: readonly RunningProgram[]
      const failures: string[] = []
      let fetched = 0
      let isOver = false
      let traffic: Promise<void>
      let transitions: readonly (number | undefined)[]

      beforeAll(async () => {
        group = new Group(namespaces, { priorities: [99, 89, 79], settings: `forwarding: ${mode}` })
        await group.start()
        const script = new URL('./fixtures/kept-connection.ts', import.meta.url)
        kept = KEPT.map((client) => group.client.startScript(script, client, VIP, '8080', 'http://10.88.0.99/'))
        await askAll()
        transitions = await transitionsOf()
        traffic = fetching()
      }, 2 * START_PATIENCE_MS)
      afterAll(async () => {
        isOver = true
        await traffic
        await namespaces.close()
        group.close()
      })

      /** New connections of the other clients, one after the other, for as long as the test runs. */
      async function fetching(): Promise<void> {
        while (!isOver) {
          const client = CLIENTS[KEPT.length + (fetched % (CLIENTS.length - KEPT.length))]!
          if ((await group.fetch(client)) === undefined) failures.push(client)
          fetched += 1
        }
      }
      async function askAll(): Promise<void> {
        for (const connection of kept) connection.process.stdin!.write('\n')
        const answers = await Promise.all(kept.map(async (connection) => JSON.parse(await connection.nextLine())))
        // A proxy that has just lost its own connection to the origin answers 502: this one lives.
        expect(answers.filter(({ status }) => status === undefined)).toEqual([])
      }
      /** Four beacon intervals: a node that is not heard for three is missed. */
      async function heardOn(): Promise<void> {
        let from: number | undefined
        const isHeard = async () => {
          const said = (await group.nodes[0]!.get('/diagnostics')) as Diagnostics | null
          const received = said?.counters['discovery.reportsReceived']
          from ??= received
          return received !== undefined && received >= from! + 8
        }
        await until(isHeard, 30_000, 'eight more reports of the two scanning nodes')
      }
      const transitionsOf = () => Promise.all(group.nodes.map(async (node) => (await node.status())?.vrrp.transitions))
      const withKeys = (node: GatewayNode, keys: readonly string[]) => {
        const file = readFileSync(node.configFile, 'utf8')
        writeFileSync(node.configFile, file.replace(/^cluster: .*$/m, `cluster: { keys: ${JSON.stringify(keys)} }`))
        return node.proxyha('reload', '-s', node.socket)
      }
      const keysSeen = async () => (await group.nodes[0]!.status())?.nodes.map(({ key }) => key)

      it('a step may not be skipped, and the reload says how to go on', async () => {
        const [node] = group.nodes
        const file = readFileSync(node!.configFile, 'utf8')
        for (const keys of [[NEW_KEY], [NEW_KEY, CLUSTER_KEY]]) {
          const { code, stderr } = await withKeys(node!, keys)
          writeFileSync(node!.configFile, file)
          expect([code, stderr]).toEqual([
            1,
            expect.stringMatching(/^cluster\.keys: .*three steps.*\nnothing was changed\n$/),
          ])
        }
      })

      it.each(STEPS)(
        'every node %s, one after the other',
        async (_, keys) => {
          for (const node of group.nodes) {
            expect(await withKeys(node, keys)).toMatchObject({ code: 0, stderr: '' })
            await heardOn()
            await askAll()
          }
          await until(async () => `${await keysSeen()}` === 'current,current,current', 20_000, 'one key of all nodes')
        },
        120_000,
      )

      it('nobody was missed, and nothing was lost', async () => {
        isOver = true
        await traffic
        expect(fetched).toBeGreaterThan(90)
        expect(failures).toEqual([])
        for (const node of group.nodes) {
          const events = (await node.get('/events?follow=0')) as readonly { readonly line?: string }[]
          expect(events.filter(({ line }) => /are refused/.test(line ?? ''))).toEqual([])
          const { counters } = (await node.get('/diagnostics')) as Diagnostics
          // Every beacon of every node was right to each, at any moment of the change.
          expect([counters['discovery.wrongHmac'], counters['discovery.unauthenticated']]).toEqual([
            undefined,
            undefined,
          ])
        }
        expect(await transitionsOf()).toEqual(transitions)
      })
    },
  )
})
