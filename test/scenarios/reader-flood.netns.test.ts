import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeInNamespaces } from '../namespaces.ts'
import { CLIENTS, Group, until } from './group.ts'

const FLOOD = new URL('./fixtures/reader-flood.ts', import.meta.url)
const FLOODING_S = 12
/** 16 connections at a time. */
const FLOODED = [
  ...Array.from({ length: 8 }, () => '/clients'),
  ...['/clients?limit=65536', '/which?client=10.88.1.1', '/which?client=10.88.1.2', '/metrics', '/status', '/healthz'],
  ...['/events?follow=0', '/diagnostics'],
]

/** One gateway, whose inspector everybody on its host may ask without a token. */
describeInNamespaces('readers of the inspector', { programs: ['squid', 'curl', 'nft'] }, (namespaces) => {
  afterAll(() => namespaces.close())

  describe.each(['kernel', 'workers'])('in %s mode', (mode) => {
    let group: Group
    beforeAll(async () => {
      group = new Group(namespaces, { priorities: [99], settings: `forwarding: ${mode}` })
      await group.start()
    })
    afterAll(async () => {
      await group.nodes[0]!.stopGateway()
      group.close()
    })

    it('who send 200 requests at once, again and again, end no actor, and keep neither clients nor the owner waiting', async () => {
      const node = group.nodes[0]!
      await Promise.all(CLIENTS.slice(0, 40).map((client) => group.fetch(client)))
      const answers = node.namespace.startScript(FLOOD, String(FLOODING_S), '200', ...FLOODED).nextLine()
      const isOver = answers.then(() => true)
      const during = { served: 0, failed: 0, told: 0, silent: 0 }
      do {
        const [name, status] = await Promise.all([group.fetch(CLIENTS[0]!), node.get('/status')])
        during[name === undefined ? 'failed' : 'served'] += 1
        during[status === null ? 'silent' : 'told'] += 1
      } while (
        !(await Promise.race([isOver, new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 200))]))
      )
      expect(Number(await answers)).toBeGreaterThan(100)
      expect(node.gateway!.process.exitCode).toBe(null)
      // A busy machine may take its time for the answer.
      let actors: { name: string; restarts: number }[] | null = null
      const answered = async () => {
        actors = (await node.get('/actors')) as typeof actors
        return actors !== null
      }
      await until(answered, 30_000, () => 'the actors')
      expect(actors!.filter(({ restarts }) => restarts > 0)).toEqual([])
      expect(during.failed).toBe(0)
      expect(during.told).toBeGreaterThan(0)
    }, 120_000)
  })
})
