/** Of this host and of the actors of its gateway. */
import type { ActorDescription, GatewayStatus } from '../messages.ts'
import type { Slices } from '../slices.ts'
import type { Durations, FiguresPage, Samples } from './figures-page.ts'

export function addHost(page: FiguresPage, { monitor }: GatewayStatus, slices: Slices): void {
  const ports = monitor.ports.map(({ port, listening }) => [{ port: String(port) }, Number(listening)] as const)
  page.gauge('proxy_port_listening', 'Proxy ports that are listened on as they must', ports)
  const took = slices['port-monitor']?.checks.map(({ port, took }) => [{ port: String(port) }, took] as const) ?? []
  page.durations('check_duration_seconds', 'Answers of the proxies to the check', took)
  const connects: Durations = slices.dispatcher === null ? [] : [[{}, slices.dispatcher.connects]]
  page.durations('connect_duration_seconds', "Answers of the nodes' proxy ports that are tried", connects)
  const reporter = slices['stats-reporter']
  const { cpu, memory, pressure, activeConnections } = reporter?.load ?? {}
  const known = (value: number | null | undefined): Samples =>
    value === null || value === undefined ? [] : [[{}, value]]
  page.gauge('cpu_share', 'CPU in use, 0..1', known(cpu))
  page.gauge('memory_share', 'Memory in use, 0..1', known(memory))
  page.gauge('cpu_pressure', 'PSI of cpu, some avg10, 0..1', known(pressure))
  page.gauge('memory_pressure', 'PSI of memory, some avg10, 0..1', known(reporter?.memoryPressure))
  page.gauge('established_connections', 'Connections on the proxy ports of this node', known(activeConnections))
}

export function addActors(page: FiguresPage, actors: readonly ActorDescription[]): void {
  const ofActors = (figure: (actor: ActorDescription) => number): Samples =>
    actors.map((actor) => [{ actor: actor.name }, figure(actor)])
  page.gauge(
    'actor_up',
    'Actors that run',
    ofActors(({ state }) => Number(state === 'running')),
  )
  page.counter(
    'actor_restarts_total',
    'Restarts after a crash or a stall',
    ofActors(({ restarts }) => restarts),
  )
  page.counter(
    'actor_messages_total',
    'Messages handled',
    ofActors(({ handled }) => handled),
  )
  page.gauge(
    'actor_mailbox',
    'Messages under way',
    ofActors(({ mailbox }) => mailbox),
  )
  page.counter(
    'actor_mailbox_overflows_total',
    'Messages that met a full mailbox',
    ofActors(({ overflowed }) => overflowed),
  )
  page.durations(
    'actor_handling_seconds',
    'Its thread was busy with a message, a timer or a call',
    actors.flatMap(({ name, handling }) => (handling === null ? [] : [[{ actor: name }, handling] as const])),
  )
}
