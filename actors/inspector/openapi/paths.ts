/** What is asked of the inspector by which path, and what it answers: the one place that its OpenAPI document is made of. */
import type { z } from 'zod'
import * as answers from './answers.ts'

interface Parameter {
  readonly name: string
  readonly description: string
  readonly required?: true
}

export interface Operation {
  readonly method: 'get' | 'post'
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  /** What it answers with 200. Null: text. */
  readonly answer: z.ZodType | null
  /** What other statuses than those of an error answer. */
  readonly others?: Readonly<Record<number, z.ZodType>>
}

const node: Parameter = { name: 'node', description: 'Name or management IP of a node.', required: true }
const client: Parameter = { name: 'client', description: 'Its address.', required: true }
const read = (summary: string, answer: z.ZodType | null, ...parameters: readonly Parameter[]): Operation => {
  return { method: 'get', summary, answer, parameters }
}
const order = (summary: string, answer: z.ZodType, ...parameters: readonly Parameter[]): Operation => {
  return { method: 'post', summary, answer, parameters }
}

export const PATHS: Readonly<Record<string, Operation>> = {
  '/status': read('How this gateway and the group are, the verdict first of all.', answers.status, {
    name: 'all',
    description: '1: all nodes that are known, also on a scanning node.',
  }),
  '/doctor': read('What is wrong, since when, and what to do.', answers.doctor),
  '/diagnostics': read('What the doctor looks at beside the status.', answers.diagnostics),
  '/actors': read('The actors of this gateway.', answers.actors),
  '/events': read(
    'What happened in this gateway: a stream (text/event-stream), which goes on after the Last-Event-ID; with follow=0 a list.',
    answers.events,
    { name: 'follow', description: '0: those that are kept, as a list.' },
    { name: 'last', description: 'At most so many of those that are kept, 1..1000.' },
    { name: 'messages', description: '1: single messages as well; of a stream.' },
  ),
  '/history': read('15 minutes of all nodes, a point a second.', answers.history, {
    name: 'after',
    description: 'A time, ISO 8601: only later points.',
  }),
  '/timeline': read(
    'What happened in the group, in words; also before a restart.',
    answers.timeline,
    { name: 'after', description: 'Id of an entry: only newer ones.' },
    { name: 'last', description: 'At most so many, 1..1000.' },
  ),
  '/clients': read(
    'A page of the clients that are known; X-Total-Count has how many there are, Link the next page.',
    answers.clients,
    { name: 'limit', description: '1..65536; default 200.' },
    { name: 'offset', description: 'How many come before the page.' },
    { name: 'node', description: 'Name or management IP: those of that node.' },
    { name: 'sort', description: 'client, node, active or seen.' },
  ),
  '/which': read('Where a client goes, and why.', answers.route, client),
  '/assigned': read('Clients that are assigned to nodes.', answers.assigned),
  '/metrics': read('For Prometheus; OpenMetrics by Accept.', null),
  '/healthz': { ...read('Whether this node is fit for traffic.', answers.health), others: { 503: answers.unhealthy } },
  '/access': read('What whoever asks may do here.', answers.access),
  '/openapi.json': read('This document.', null),
  '/failover': order(
    'This node gives its virtual routers to another one.',
    answers.handedOver,
    { name: 'instance', description: 'That one only.' },
    { name: 'force', description: '1: although nobody is known who could take over.' },
  ),
  '/announce': order('Gratuitous ARP for the virtual IPs that are held here.', answers.announced),
  '/drain': order('A node gets no new clients; what is open goes on.', answers.ordered, node),
  '/undrain': order('It gets clients again.', answers.ordered, node),
  '/maint': order('It drains, and what is open after a while is reset.', answers.ordered, node, {
    name: 'timeoutMs',
    description: 'That while; 0: at once. At most a day.',
  }),
  '/forget': order('A node that is missing is not missed any more.', answers.ordered, node),
  '/assign': order('New connections of a client go to a certain node.', answers.assignment, client, node),
  '/unassign': order('They go as those of any other client again.', answers.assignment, client),
  '/reload': {
    ...order('The configuration is read anew.', answers.reload, {
      name: 'check',
      description: '1: only looks whether it could be applied.',
    }),
    others: { 409: answers.reload },
  },
}
