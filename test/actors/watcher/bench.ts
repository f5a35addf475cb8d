import { stepWatcher } from '../../../actors/watcher/machine.ts'
import type { WatcherPeers } from '../../../actors/watcher/state.ts'
import {
  describeWatcher,
  initialWatcher,
  type WatcherEffect,
  type WatcherEvent,
  type WatcherOptions,
  type WatcherState,
} from '../../../actors/watcher/state.ts'
import { textsOf } from '../../../runtime/actor-system/inspection/warning.ts'
import type { InterfaceTruth, KernelEvent, NeighbourSighting } from '../../../runtime/ports/netlink/kernel-events.ts'

export const OWN_MAC = '02:00:00:00:00:01'
export const MASTER_MAC = '02:00:00:00:00:02'
export const STRANGER_MAC = '02:00:00:00:00:66'
export const MASTER = '10.0.0.2'
export const GATEWAY = '10.0.0.254'
export const VIP = '10.0.0.5'

export const settings: WatcherOptions = {
  interfaceName: 'eth0',
  managementIp: '10.0.0.1',
  isManagementIpNamed: true,
  linkLocalAddress: null,
  virtualIps: [VIP],
  advertBytes: 48,
  virtualRouterIds: [51],
  trackGateway: true,
  electors: ['elector', 'elector-b'],
  ipv6Electors: [],
  announcers: ['announcer'],
}

const held = (address: string) => ({ address, prefixLength: 24 })

export const healthy: InterfaceTruth = {
  link: { index: 2, mac: OWN_MAC, up: true, mtu: 1500 },
  addresses: [held('10.0.0.1')],
  defaultRoute: { gateway: GATEWAY },
}
export const holding: InterfaceTruth = { ...healthy, addresses: [held('10.0.0.1'), held(VIP)] }
export const down: InterfaceTruth = { ...healthy, link: { index: 2, mac: OWN_MAC, up: false, mtu: 1500 } }
export const absent: InterfaceTruth = { link: null, addresses: [], defaultRoute: null }

/** One watcher machine, a kernel whose truth the test sets, and a clock that it moves. All peers are up from the start. */
export class Bench {
  state: WatcherState
  truth: InterfaceTruth
  nowMs = 1000
  /** Effects of the last event, and of the truth that was read because of it. */
  effects: WatcherEffect[] = []

  constructor(truth: InterfaceTruth = healthy, options = settings) {
    this.state = initialWatcher(options)
    this.truth = truth
    for (const peer of [...options.electors, ...options.announcers, 'raw-ip', 'discovery', 'fast-path'])
      this.feed({ type: 'peerUp', peer })
    this.feed({ type: 'start' })
  }

  feed(event: WatcherEvent, afterMs = 0): this {
    this.nowMs += afterMs
    this.effects = []
    this.#step(event)
    return this
  }

  says(event: KernelEvent, afterMs = 100): this {
    return this.feed({ type: 'kernel', event }, afterMs)
  }

  /** The truth changes, and the kernel says that something did. */
  becomes(truth: InterfaceTruth): this {
    this.truth = truth
    return this.says({ type: 'link', interfaceIndex: truth.link?.index ?? 2, interfaceName: 'eth0' })
  }

  expire(timer: 'tick' | 'read', afterMs = 0): this {
    if (!this.state.timers.has(timer)) throw new Error(`${timer} does not run`)
    return this.feed({ type: 'timerExpired', timer }, afterMs)
  }

  tick(): this {
    return this.expire('tick', 1000)
  }

  sees(sighting: Partial<NeighbourSighting>): this {
    const reply = { form: 'reply', senderAddress: VIP, senderMac: STRANGER_MAC, targetMac: OWN_MAC } as const
    return this.says({ type: 'neighbour', ...reply, ...sighting }, 1)
  }

  /** The same answer to three probes in a row: certain. */
  insists(sighting: Partial<NeighbourSighting>): this {
    return this.sees(sighting).tick().sees(sighting).tick().sees(sighting)
  }

  /** An elector whose virtual router has these virtual IPs hears a master. */
  hears(masterAddress: string | null, elector = 'elector', virtualIps: readonly string[] = [VIP]): this {
    const role = { role: 'scanning', masterAddress, masterPriority: 100 } as const
    return this.feed({
      type: 'message',
      from: elector,
      message: { type: 'role', instance: elector, virtualIps, ...role },
    })
  }

  sent<To extends keyof WatcherPeers & string>(to: To): WatcherPeers[To][] {
    return this.effects.flatMap((effect) =>
      effect.type === 'send' && effect.to === to ? [effect.message as WatcherPeers[To]] : [],
    )
  }

  /** What was asked for by the last event, as `sender > target`. */
  asked(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'ask' ? [`${effect.sender} > ${effect.target}`] : []))
  }

  kinds(): string[] {
    return this.effects.map(({ type }) => type)
  }

  logged(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'log' ? [effect.line] : []))
  }

  warnings(): readonly string[] {
    return textsOf(describeWatcher(this.state, this.nowMs).warnings)
  }

  #step(event: WatcherEvent): void {
    const { state, effects } = stepWatcher(this.state, event, this.nowMs)
    this.state = state
    this.effects.push(...effects)
    for (const { type } of effects) {
      if (type === 'read') this.#step({ type: 'truth', truth: { ok: true, value: this.truth } })
    }
  }
}
