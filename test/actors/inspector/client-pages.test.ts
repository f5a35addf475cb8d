import { describe, expect, test } from 'vitest'
import { CLIENTS_TOLD_MAX, type ClientRoute, type ClientsPart } from '../../../actors/dispatcher/messages.ts'
import { type ClientsWish, readClients } from '../../../actors/inspector/client-pages.ts'
import type { ClientOrder } from '../../../actors/inspector/messages.ts'
import { routeOf } from './gateway-fixture.ts'

/** 2000 clients at two nodes, as a table has them: in no order. */
const KNOWN: readonly ClientRoute[] = Array.from({ length: 2000 }, (_, index) => {
  const n = (index * 7919) % 2000
  return {
    ...routeOf(`10.1.${n >> 8}.${n & 255}`),
    node: n % 4 === 0 ? '10.0.0.1' : '10.0.0.2',
    activeConnections: n % 10 === 0 ? null : n % 10,
    idleS: n % 100,
  }
})

function asked(wish: Partial<ClientsWish>) {
  let most = 0
  const page = readClients(
    async (from, skip, take): Promise<ClientsPart> => {
      most = Math.max(most, take)
      const begin = Math.min(KNOWN.length, from + skip)
      const end = take === 0 ? KNOWN.length : Math.min(KNOWN.length, begin + take)
      const routes = take === 0 ? [] : KNOWN.slice(begin, end)
      return { routes, seen: end - from, next: end < KNOWN.length ? end : null }
    },
    { offset: 0, limit: 10, node: null, order: null, ...wish },
  )
  return page.then((read) => ({ ...read, most }))
}

/** What sorting all of them would give. */
function expected(order: ClientOrder, offset: number, limit: number): readonly string[] {
  const number = ({ client }: ClientRoute) => client.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const by: Readonly<Record<ClientOrder, (route: ClientRoute) => number>> = {
    client: () => 0,
    node: ({ node }) => Number(node?.at(-1)),
    active: ({ activeConnections }) => -(activeConnections ?? -1),
    seen: ({ idleS }) => idleS ?? Number.MAX_SAFE_INTEGER,
  }
  return [...KNOWN]
    .sort((one, other) => by[order](one) - by[order](other) || number(one) - number(other))
    .slice(offset, offset + limit)
    .map(({ client }) => client)
}

describe('a page of the clients', () => {
  test('in no order is what comes first, and the rest is counted without being told', async () => {
    const { routes, total, most } = await asked({ offset: 3, limit: 10 })
    expect([routes, total, most]).toEqual([KNOWN.slice(3, 13), 2000, 10])
  })

  test.each(['client', 'node', 'active', 'seen'] as const)('by %s is that of all of them', async (order) => {
    for (const [offset, limit] of [
      [0, 10],
      [25, 100],
      [1990, 50],
    ] as const) {
      const { routes, total, most } = await asked({ offset, limit, order })
      expect(routes.map(({ client }) => client)).toEqual(expected(order, offset, limit))
      expect([total, most]).toEqual([2000, CLIENTS_TOLD_MAX])
    }
  })

  test('of one node has those alone, and counts them', async () => {
    const { routes, total } = await asked({ node: '10.0.0.1', offset: 490, limit: 50 })
    expect(total).toBe(500)
    expect(routes).toEqual(KNOWN.filter(({ node }) => node === '10.0.0.1').slice(490))
  })
})
