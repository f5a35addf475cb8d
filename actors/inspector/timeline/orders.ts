/** What an operator has ordered here, as the timeline tells it. Pure. */
import type { TimelineHappening, TimelineKind } from '../messages.ts'

/** By path: of what kind it is, and what is to be done, with the node and the client that it names. */
const ORDERS: Readonly<Record<string, readonly [kind: TimelineKind, wish: (node: string, client: string) => string]>> =
  {
    '/drain': ['drain', (node) => `drain ${node}`],
    '/undrain': ['undrain', (node) => `undrain ${node}`],
    '/maint': ['maint', (node) => `put ${node} into maintenance`],
    '/forget': ['forget', (node) => `forget ${node}`],
    '/assign': ['assign', (node, client) => `assign ${client} to ${node}`],
    '/unassign': ['unassign', (_, client) => `let ${client} go as any other client`],
    '/failover': ['failover', () => 'hand over'],
    '/announce': ['announce', () => 'announce its virtual IPs'],
    '/reload': ['reload', () => 'read its configuration'],
  }

/** Of an order that was taken; undefined: it changes nothing. `by`: who gave it. */
export function orderHappening({ pathname, searchParams }: URL, by: string): TimelineHappening | undefined {
  const order = ORDERS[pathname]
  if (order === undefined || searchParams.get('check') === '1') return undefined
  const [kind, wish] = order
  return {
    kind,
    level: 'info',
    what: `was ordered to ${wish(searchParams.get('node') ?? '', searchParams.get('client') ?? '')}`,
    by,
  }
}
