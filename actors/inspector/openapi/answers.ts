/** The shapes of what the inspector answers, for its OpenAPI document: what messages.ts says to the compiler. Not loaded by a gateway. */
import { z } from 'zod'
import { WARNINGS } from '../../../runtime/actor-system/inspection/warning-codes.ts'
import type { ClientRoute } from '../../dispatcher/messages.ts'
import type { VrrpStatus } from '../../elector/messages.ts'
import type {
  ActorDescription,
  Diagnostics,
  DoctorReport,
  Finding,
  InstanceStatus,
  NodeStatus,
  ReloadReport,
  ToldStatus,
  TrafficHistory,
  Verdict,
} from '../messages.ts'

const object = z.strictObject
const oneOf = z.enum
const text = z.string()
const flag = z.boolean()
const number = z.number()
const whole = z.int()
const texts = z.array(text).readonly()
const instant = text.describe('ISO 8601, UTC.')
const counters = z.record(text, number).describe('By name, since the actor started.')

const tracked = object({
  source: z.custom<VrrpStatus['tracking'][number]['source']>().describe('What is tracked; script:NAME of a script.'),
  state: oneOf(['ok', 'failed']),
  reason: text.nullable(),
  effect: z.union([z.literal('fault'), whole]).describe('Of its failure: no part in the election, or on the priority.'),
})

const handOver = z.union([
  object({ outcome: z.literal('underWay') }),
  object({ outcome: z.literal('taken'), by: text, priority: whole, afterMs: number }),
  object({ outcome: z.literal('nobody'), afterMs: number }),
])

const foreignRouter = object({
  address: text,
  version: z.union([z.literal(2), z.literal(3)]),
  priority: whole,
  advertIntervalMs: number,
  authenticated: flag,
  virtualIps: texts,
  differs: z.array(oneOf(['version', 'authentication', 'interval', 'virtualIps'])).readonly(),
  lastHeardMs: number,
})

const vrrpFields = {
  state: oneOf(['INIT', 'BACKUP', 'MASTER', 'FAULT']),
  stateForMs: number.nullable(),
  version: z.union([z.literal(2), z.literal(3)]),
  virtualRouterId: whole,
  priority: whole.describe('As configured.'),
  effectivePriority: whole.describe('What adverts say.'),
  tracking: z.array(tracked).readonly(),
  advertIntervalMs: number,
  masterIp: text.nullable(),
  masterPriority: whole.nullable(),
  transitions: whole.describe('How often this node became or ceased to be master since the start.'),
  yielding: flag,
  holdOffMs: number.nullable(),
  handOver: handOver.nullable(),
  rivals: z
    .array(object({ address: text, priority: whole, adverts: whole, forMs: number, lastHeardMs: number }))
    .readonly(),
  foreignRouters: z.array(foreignRouter).readonly(),
  vridsHeard: z.array(whole).readonly(),
  counters,
}
const vrrp = object(vrrpFields) satisfies z.ZodType<VrrpStatus>

const role = oneOf(['initializing', 'scanning', 'director'])
const virtualIps = z.array(object({ address: text, held: flag })).readonly()
const forwarding = oneOf(['kernel', 'workers'])

const instance = object({
  ...vrrpFields,
  name: text,
  family: oneOf(['ipv4', 'ipv6']),
  role,
  virtualIps,
  warnings: texts,
}) satisfies z.ZodType<InstanceStatus>

const node = object({
  name: text,
  address: text.describe('Management IP.'),
  mac: text.nullable(),
  self: flag,
  director: flag,
  state: oneOf(['ok', 'failure', 'stale', 'draining']),
  forwarding,
  weight: whole.describe('0..256; 0: gets no new clients.'),
  slots: whole.describe('0..4096.'),
  activeConnections: whole,
  drained: flag,
  maint: flag,
  lastResort: flag,
  totalConnections: whole.nullable().describe('Answered since the counter began; null: nobody has said.'),
  failedConnections: whole.nullable().describe('Attempts that were refused or not answered: none of those.'),
  bytesIn: whole.nullable().describe('From clients.'),
  bytesOut: whole.nullable().describe('To clients.'),
  connectionsPerS: object({ s1: number, s10: number, s60: number }).nullable().describe('Over 1, 10 and 60 s.'),
  bytesInPerS: number.nullable().describe('Over 10 s.'),
  bytesOutPerS: number.nullable(),
  cpu: number.describe('0..1.'),
  memory: number.describe('0..1.'),
  capacity: whole.describe('1..1000.'),
  agent: number.nullable(),
  failedPorts: z.array(whole).readonly(),
  overloaded: flag,
  slowStart: number.nullable(),
  weightReason: text.nullable(),
  reachMs: number.nullable(),
  lastSeenMs: number,
  source: oneOf(['self', 'beacon', 'director']).describe('Who has told its figures.'),
  ageMs: number.describe('How old they are.'),
  left: flag.describe('Its gateway stopped in order.'),
  key: oneOf(['current', 'other']).nullable(),
  missing: flag,
  missingSince: instant.nullable(),
}) satisfies z.ZodType<NodeStatus>

const verdict = object({
  level: oneOf(['ok', 'warning', 'failure']),
  text: text.max(76),
  since: instant,
}) satisfies z.ZodType<Verdict>

const port = object({ port: whole, listening: flag, problem: text.nullable() })

export const status = object({
  node: text,
  role,
  forwarding,
  vrrp: vrrp.describe('Of the first instance.'),
  instances: z.array(instance).readonly(),
  virtualIps,
  monitor: object({ state: oneOf(['ok', 'failure']), ports: z.array(port).readonly() }),
  nodes: z.array(node).readonly(),
  warnings: texts.describe('The sentences of the warnings; GET /doctor has their codes.'),
  verdict,
}) satisfies z.ZodType<ToldStatus>

const finding = object({
  code: text.describe(`Of docs/doctor.md. Warnings are: ${Object.keys(WARNINGS).join(', ')}.`),
  level: oneOf(['failure', 'warning', 'note']),
  about: text.nullable().describe('Node, address, port, setting or virtual router.'),
  text,
  evidence: texts,
  advice: text.nullable(),
  since: instant.nullable(),
}) satisfies z.ZodType<Finding>

export const doctor = object({
  verdict,
  findings: z.array(finding).readonly().describe('The gravest first.'),
}) satisfies z.ZodType<DoctorReport>

export const diagnostics = object({
  pid: whole,
  interfaceName: text,
  managementIp: text,
  redirects: z.array(object({ originalPorts: z.array(whole).readonly(), proxyPort: whole })).readonly(),
  portRanges: z.array(object({ first: whole, last: whole })).readonly(),
  holders: z
    .array(object({ client: text, node: text, connections: whole }))
    .readonly()
    .nullable(),
  counters,
}) satisfies z.ZodType<Diagnostics>

const histogram = object({ bounds: z.array(number).readonly(), counts: z.array(whole).readonly(), sum: number })

export const actors = z
  .array(
    object({
      name: text,
      placement: oneOf(['main', 'worker']),
      state: oneOf(['starting', 'running', 'backoff', 'stopped']),
      threadId: whole.nullable(),
      scheduling: oneOf(['realtime', 'ordinary']),
      restarts: whole,
      upMs: number,
      mailbox: whole,
      handled: whole,
      overflowed: whole,
      handling: histogram.nullable(),
      handlingMs: object({ p50: number, p99: number }).nullable(),
    }),
  )
  .readonly() satisfies z.ZodType<readonly ActorDescription[]>

export const route = object({
  client: text,
  slot: whole,
  node: text.nullable(),
  reason: oneOf(['tied', 'pin', 'slot']),
  activeConnections: whole.nullable(),
  idleS: number.nullable(),
  sinceMs: number.nullable(),
}) satisfies z.ZodType<ClientRoute>

export const clients = z.array(route).readonly()

/** An event has fields of its type beside these. */
export const events = z
  .array(
    z.looseObject({
      id: whole,
      type: text,
      sequence: whole,
      actor: text,
      atMs: number,
      wallMs: number,
      words: text.nullable(),
    }),
  )
  .readonly()

const points = z.array(number.nullable()).readonly()

export const history = object({
  epoch: text.describe('Another one: what was known before is none of this history.'),
  stepMs: whole,
  from: instant.describe('Of the first point.'),
  points: whole.describe('At most 900, the oldest first.'),
  nodes: z
    .array(
      object({
        address: text,
        name: text,
        activeConnections: points,
        connectionsPerS: points,
        bytesInPerS: points,
        bytesOutPerS: points,
        slots: points,
      }),
    )
    .readonly(),
}) satisfies z.ZodType<TrafficHistory>

export const timeline = object({
  entries: z
    .array(
      object({
        id: whole,
        at: instant,
        node: text.nullable(),
        address: text.nullable(),
        kind: text,
        words: text,
        level: oneOf(['info', 'warning', 'failure']),
        by: text.nullable(),
      }),
    )
    .readonly(),
  problem: text.nullable().describe('Why it is not kept on the disk; null: it is.'),
})

export const health = object({ ok: z.literal(true), role })
export const unhealthy = object({ ok: z.literal(false), role, reason: text })

export const access = object({
  role: oneOf(['viewer', 'operator']),
  by: text,
  orders: texts,
  ordersAre: text.nullable(),
  node: text,
  version: text,
})

export const handedOver = object({ ok: z.literal(true), instances: texts })
export const announced = object({ addresses: texts })
export const ordered = object({ ok: z.literal(true), node: text, address: text })
/** `node`: management IP; null: of none. `name`: null where the node is not known. */
const tie = { client: text, node: text.nullable(), name: text.nullable() }
export const assignment = object({ ok: z.literal(true), ...tie })
export const assigned = z.array(object(tie)).readonly()
export const reload = object({
  outcome: oneOf(['applied', 'possible', 'unchanged', 'refused']),
  changes: z.array(object({ path: text, before: text, after: text })).readonly(),
  problems: texts,
}) satisfies z.ZodType<ReloadReport>

/** `paths`: of 404. */
export const error = object({ error: text, code: text, paths: texts.optional() })
