/** Of the virtual routers of this node. */
import type { AnnouncerStatus } from '../../announcer/messages.ts'
import type { Timings } from '../../elector/messages.ts'
import type { InstanceStatus } from '../messages.ts'
import type { InstanceSlices } from '../slices.ts'
import { type Durations, type FiguresPage, type Samples, snakeCase } from './figures-page.ts'

const STATES = ['INIT', 'BACKUP', 'MASTER', 'FAULT'] as const

/** `wallMs`: now, by the calendar. */
export function addElection(
  page: FiguresPage,
  instances: readonly InstanceStatus[],
  slices: readonly InstanceSlices[],
  wallMs: number,
): void {
  const ofInstances = (figure: (instance: InstanceStatus) => number): Samples =>
    instances.map((instance) => [{ instance: instance.name }, figure(instance)])
  const isDirector = ofInstances(({ role }) => Number(role === 'director'))
  page.gauge('vrrp_director', 'Virtual routers that this node is director of', isDirector)
  page.gauge(
    'vrrp_priority',
    'Own priority',
    ofInstances(({ priority }) => priority),
  )
  page.gauge(
    'vrrp_effective_priority',
    'Priority that adverts say',
    ofInstances(({ effectivePriority }) => effectivePriority),
  )
  const states = instances.flatMap(({ name, state }) =>
    STATES.map((one) => [{ instance: name, state: one.toLowerCase() }, Number(one === state)] as const),
  )
  page.gauge('vrrp_state', 'State of a virtual router', states)
  const tracking = instances.flatMap(({ name, tracking }) =>
    tracking.map(
      ({ source, state }) => [{ instance: name, source: snakeCase(source) }, Number(state === 'ok')] as const,
    ),
  )
  page.gauge('vrrp_tracking', 'What is tracked, and is well', tracking)
  const changed = instances.flatMap(({ name, stateForMs }) =>
    stateForMs === null ? [] : [[{ instance: name }, (wallMs - stateForMs) / 1000] as const],
  )
  page.gauge('vrrp_last_transition_timestamp_seconds', 'When the state changed last', changed)
  const timed = (what: keyof Timings): Durations =>
    instances.flatMap(({ name }, index) => {
      const timings = slices[index]?.elector?.timings
      return timings === undefined ? [] : [[{ instance: name }, timings[what]] as const]
    })
  const takeover = 'From the decision to lead to the addresses on the interface'
  page.durations('vrrp_takeover_duration_seconds', takeover, timed('takeover'))
  page.durations('vrrp_advert_lateness_seconds', 'Adverts of a director after they were due', timed('advertLateness'))
  page.counter(
    'vrrp_transitions_total',
    'Became or ceased to be director',
    ofInstances(({ transitions }) => transitions),
  )
  const events = instances.flatMap(({ name, counters }) =>
    Object.entries(counters).map(([event, count]) => [{ instance: name, event: snakeCase(event) }, count] as const),
  )
  page.counter('vrrp_events_total', 'What happened to adverts', events)
  const total = (figure: (announcer: AnnouncerStatus) => number): Samples => [
    [{}, slices.reduce((sum, { announcer }) => sum + (announcer === null ? 0 : figure(announcer)), 0)],
  ]
  const garps = total(({ gratuitousArpsSent }) => gratuitousArpsSent)
  page.counter('gratuitous_arps_total', 'Gratuitous ARP packets sent', garps)
  const expiries = total(({ leaseExpiries }) => leaseExpiries)
  page.counter('lease_expiries_total', 'Virtual IPs given up because the lease ran out', expiries)
}
