import type { SupervisedActor } from '../supervision/supervised-actor.ts'
import type { Platform } from '../threads/host.ts'
import { createLinkCredits, type Direction, UnderWay } from './mailbox.ts'

interface Acquaintance {
  readonly one: string
  readonly other: string
  /** Envelopes under way: direction 0 is from `one` to `other`. */
  readonly credits: SharedArrayBuffer
}

/**
 * Who knows whom. Two actors are introduced when both run, by a channel of their own; the supervisor is not on the way of what
 * they then say to each other.
 */
export class Introductions<Port> {
  private readonly platform: Platform<Port>
  private readonly acquaintances = new Map<string, Acquaintance>()

  constructor(platform: Platform<Port>) {
    this.platform = platform
  }

  /** The newcomer has just started: introduces it to all that run and are linked to it, and exchanges controls. */
  introduce(newcomer: SupervisedActor<Port>, charges: Iterable<SupervisedActor<Port>>): void {
    for (const other of charges) {
      if (other === newcomer || other.state !== 'running') continue
      this.grantControl(newcomer, other)
      this.grantControl(other, newcomer)
      const linked = other.plan.peers.includes(newcomer.plan.name) || newcomer.plan.peers.includes(other.plan.name)
      if (linked) this.connect(newcomer, other)
    }
  }

  /** Envelopes under way to an actor, over all its links. */
  underWayTo(actor: string): number {
    let count = 0
    for (const { one, other, credits } of this.acquaintances.values()) {
      if (other === actor) count += new UnderWay(credits, 0).count
      if (one === actor) count += new UnderWay(credits, 1).count
    }
    return count
  }

  /** What was under way to it is lost. */
  forget(actor: string): void {
    for (const [key, { one, other }] of this.acquaintances) {
      if (one === actor || other === actor) this.acquaintances.delete(key)
    }
  }

  private connect(one: SupervisedActor<Port>, other: SupervisedActor<Port>): void {
    const credits = createLinkCredits()
    this.acquaintances.set(`${one.plan.name} ${other.plan.name}`, {
      one: one.plan.name,
      other: other.plan.name,
      credits,
    })
    const [portOfOne, portOfOther] = this.platform.channel()
    this.present(one, other, portOfOne, credits, 0)
    this.present(other, one, portOfOther, credits, 1)
  }

  private present(
    to: SupervisedActor<Port>,
    peer: SupervisedActor<Port>,
    port: Port,
    credits: SharedArrayBuffer,
    direction: Direction,
  ): void {
    to.post({
      type: 'introduce',
      peer: peer.plan.name,
      port,
      credits,
      direction,
      peerMailbox: peer.plan.mailbox,
      peerCounters: peer.counters.shared,
    })
  }

  private grantControl(caller: SupervisedActor<Port>, owner: SupervisedActor<Port>): void {
    if (!owner.hasControl || !caller.plan.controls?.includes(owner.plan.name)) return
    const [portOfCaller, portOfOwner] = this.platform.channel()
    owner.post({ type: 'exposeControl', port: portOfOwner })
    caller.post({ type: 'grantControl', actor: owner.plan.name, port: portOfCaller })
  }
}
