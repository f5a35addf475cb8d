/** All that is measured at a point. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Mode } from '../group/network.ts'
import { Clients, door } from './clients.ts'
import { type Figures, peerOf } from './figures.ts'
import { Group } from './group.ts'
import { measureAnswers, measureConnections, measureRedeal, measureRest, measureTakeovers } from './measure.ts'
import { director } from './network.ts'
import { measureHaproxy, measureKeepalived } from './peers.ts'
import type { Axis } from './plan.ts'
import { type Shape, shapeAt } from './shape.ts'
import { mostFiles, preciseCpuSeconds } from './usage.ts'
import { WireCount } from './wire-count.ts'

/** How long and how often is looked. */
export interface Pace {
  /** What a start has left to do is done by then: code that is compiled, garbage. */
  readonly calmSeconds: number
  readonly restSeconds: number
  readonly freshConnections: number
  readonly takeovers: number
}

/** Source addresses of connections that stay open. */
const HOLDING_SOURCES = 1000
/** More are made by segments without a handshake, in kernel mode. */
const HANDSHAKES_MAX = 100_000

export async function measurePoint(axis: Axis, mode: Mode, at: number, pace: Pace): Promise<Figures> {
  const shape = shapeAt(axis, mode, at)
  const group = new Group(shape)
  let clients: Clients | undefined
  try {
    const form = await group.open()
    const formCpu = preciseCpuSeconds(group.pidOf(director))
    clients = new Clients(group)
    await load(shape, clients)
    const wire = new WireCount()
    await pause(pace.calmSeconds * 1000)
    const rest = await measureRest(group, wire, pace.restSeconds)
    const figures = {
      form,
      formCpu,
      ...rest,
      ...(await measureAnswers(group, rest.restCpu ?? 0)),
      ...(await measureConnections(group, clients, pace.freshConnections, rest.restCpu ?? 0)),
      ...(await measureRedeal(group, clients)),
      ...(await measureTakeovers(group, clients, wire, pace.takeovers)),
    }
    return { ...figures, ...(await measurePeer(axis, group, clients, pace)) }
  } finally {
    await clients?.close()
    await group.close()
  }
}

/** What a point is about: clients that are remembered, connections that stay. */
async function load({ mode, clients: count, connections }: Shape, clients: Clients): Promise<void> {
  if (connections > 0)
    await clients.open({ ...door, count: connections, first: 0, sources: HOLDING_SOURCES, hold: true })
  if (mode === 'kernel' && count > HANDSHAKES_MAX) await clients.pin(count)
  else if (count > 0) await clients.open({ ...door, count, first: 0, sources: count, hold: false })
}

/** Once for both modes: beside workers mode, which is of its kind. */
async function measurePeer(axis: Axis, group: Group, clients: Clients, pace: Pace): Promise<Figures> {
  if (group.shape.mode === 'kernel') return {}
  switch (peerOf[axis]) {
    case 'haproxy':
      await clients.release()
      return measureHaproxy(group, clients, pace.freshConnections, mostFiles())
    case 'keepalived':
      await group.close()
      return measureKeepalived(group.shape, pace.restSeconds, group.note)
    default:
      return {}
  }
}
