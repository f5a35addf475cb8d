import type { ClientsMessage, ServingMessage } from '../../../actors/discovery/messages.ts'
import type { RoleMessage } from '../../../actors/elector/messages.ts'
import { step } from '../../../actors/fast-path/machine.ts'
import type { ForwardingMessage } from '../../../actors/fast-path/messages.ts'
import {
  type FastPathEffect,
  type FastPathEvent,
  type FastPathState,
  type FastPathTimer,
  type FoundTables,
  initialFastPath,
  type Look,
} from '../../../actors/fast-path/state.ts'
import type { NetworkInterface } from '../../../runtime/ports/netlink/netlink.ts'
import { done } from '../../../runtime/ports/result.ts'
import type { ConnectedClient } from '../../../runtime/wire/beacon/clients.ts'

export const VIP = '10.0.0.5'
export const OWN = '02:00:00:00:00:01'
export const OTHER = '02:00:00:00:00:02'

export const SETTINGS = {
  interfaceName: 'eth0',
  managementIp: '10.0.0.1',
  virtualIps: [VIP],
  redirects: [{ originalPorts: [80], proxyPort: 3128 }],
  pinTimeoutS: 600,
  tableSize: 1024,
  fencedAfterMs: 3000,
  hidesUnlistened: true,
}

/** A fast path that is stepped by hand. What it asks of the shell waits in `asked` until it is answered. */
export class Stepped {
  state: FastPathState = initialFastPath(SETTINGS)
  asked: FastPathEffect[] = []
  /** Who has connections to this host at a change of director. */
  clients: readonly string[] = []
  readonly lines: string[] = []
  /** What discovery was told of whether new clients may come. */
  readonly servings: Omit<ServingMessage, 'type'>[] = []
  nowMs = 0

  give(event: FastPathEvent): this {
    const { state, effects } = step(this.state, event, this.nowMs)
    this.state = state
    for (const effect of effects) {
      if (effect.type === 'send' && effect.message.type === 'serving') this.servings.push(effect.message)
      else this.asked.push(effect)
    }
    this.lines.push(...effects.flatMap((effect) => (effect.type === 'log' ? [effect.line] : [])))
    // The sockets answer within the turn.
    if (this.state.errand.kind === 'reading' && this.take('readClients')) {
      this.give({ type: 'clientsRead', clients: { ok: true, value: heard(...this.clients) } })
    }
    return this
  }

  at(nowMs: number): this {
    this.nowMs = nowMs
    return this
  }

  /** The one effect of that type that was asked for since `take` last took one. */
  take<Type extends FastPathEffect['type']>(type: Type): Extract<FastPathEffect, { type: Type }> | undefined {
    const at = this.asked.findIndex((effect) => effect.type === type)
    return at < 0 ? undefined : (this.asked.splice(at, 1)[0] as Extract<FastPathEffect, { type: Type }>)
  }

  /** What discovery was told of clients since that was looked at last. */
  said(): ClientsMessage | undefined {
    const message = this.take('send')?.message
    return message?.type === 'clients' ? message : undefined
  }

  expire(timer: FastPathTimer): this {
    if (!this.state.timers.has(timer)) throw new Error(`${timer} does not run`)
    return this.give({ type: 'timerExpired', timer })
  }

  /** Started on a host where `found` was there; the group is known, and this node is none of its directors. */
  started(found: FoundTables = { present: false, directed: [], pins: [], connections: [] }): this {
    this.give({ type: 'start' })
      .give({ type: 'looked', look: lookOf({ missing: [VIP] }) })
      .take('findTables')
    return this.give({ type: 'tablesFound', found: { ok: true, value: found } })
  }

  /** As a node of a group; everything that was asked for is applied. */
  running(message = group()): this {
    this.started().give(role('scanning')).give(message)
    return this.settle()
  }

  /** Answers what is asked until nothing is. */
  settle(): this {
    for (;;) {
      if (this.take('apply')) this.give({ type: 'applied', result: done })
      else if (this.take('outline')) this.give(outlined('the tables'))
      else if (this.take('putAddresses')) this.give({ type: 'addressesPut', refusals: [] })
      else return this
    }
  }
}

/** Clients that a host has heard a second ago. */
export const heard = (...addresses: readonly string[]): readonly ConnectedClient[] =>
  addresses.map((address) => ({ address, silentMs: 1000, connections: [] }))

export const device = (change: Partial<NetworkInterface> = {}): NetworkInterface => ({
  index: 2,
  name: 'eth0',
  mac: OWN,
  mtu: 1500,
  up: true,
  addresses: [],
  ...change,
})

export const lookOf = (change: Partial<Look> = {}): Look => ({
  generation: { ok: true, value: 7 },
  device: { ok: true, value: device() },
  missing: [],
  neighbours: new Map(),
  silent: [],
  ...change,
})

export const outlined = (text: string, generation = 7): FastPathEvent => ({
  type: 'outlined',
  generation,
  outline: { ok: true, value: text },
})

export const role = (is: RoleMessage['role']): RoleMessage => ({
  type: 'role',
  instance: 'VI_51',
  virtualIps: [VIP],
  role: is,
  masterAddress: null,
  masterPriority: null,
})

/** How the dispatcher tells of a node that is ok, in failure, and not heard any more. */
export const WORKS = { takesNew: true, speaks: true, keeps: true, left: false, gone: false }
export const FAILED = { takesNew: false, speaks: true, keeps: true, left: false, gone: false }
export const SILENT = { takesNew: false, speaks: false, keeps: true, left: false, gone: false }

export const group = (change: Partial<ForwardingMessage> = {}): ForwardingMessage => ({
  type: 'forwarding',
  generation: 3,
  dealtHere: false,
  nodes: [
    { address: '10.0.0.1', mark: 1, mac: '', self: true, ...WORKS },
    { address: '10.0.0.2', mark: 2, mac: OTHER, self: false, ...WORKS },
  ],
  slots: new Uint8Array(4096).fill(2),
  tied: [],
  ...change,
})
