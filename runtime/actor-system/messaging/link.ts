import type { Clock } from '../../ports/host/clock.ts'
import type { MailboxOptions } from '../actor.ts'
import type { Counters } from '../machine/counters.ts'
import type { Watching } from '../supervision/watching.ts'
import type { Channel } from './channel.ts'
import { type Envelope, messageType, packEnvelope, unpackEnvelope } from './envelope.ts'
import type { UnderWay } from './mailbox.ts'
import { Outbox } from './outbox.ts'

export interface LinkOptions {
  readonly peer: string
  readonly channel: Channel
  /** Of the peer: its mailbox, and its counters, since what it loses to its bound is lost at this end. */
  readonly peerMailbox: MailboxOptions
  readonly peerCounters: Counters
  readonly sending: UnderWay
  readonly receiving: UnderWay
  readonly clock: Clock
  readonly watching: Watching
  readonly listener: LinkListener
}

interface LinkListener {
  arrived(link: Link, envelope: Envelope, bytes: number): void
  /** What came was no envelope. */
  corrupt(link: Link): void
  /** A message to the peer was lost to the bound of its mailbox, or cannot be packed. */
  lost(link: Link, type: string, reason: 'overflow' | 'unpackable'): void
  closed(link: Link): void
}

/** One end of the link between two actors: envelopes over a channel, within the bounds of both mailboxes. */
export class Link {
  readonly peer: string
  private readonly options: LinkOptions
  private readonly outbox: Outbox

  constructor(options: LinkOptions) {
    this.peer = options.peer
    this.options = options
    this.outbox = new Outbox({
      mailbox: options.peerMailbox,
      underWay: options.sending,
      clock: options.clock,
      post: (bytes) => options.channel.post(bytes),
      lost: (type) => this.overflowed(type),
    })
  }

  /** Begins delivery. */
  listen(): void {
    const { channel, receiving, listener } = this.options
    channel.listen({
      bytes: (bytes) => {
        receiving.taken()
        const envelope = unpackEnvelope(bytes)
        if (envelope === undefined) return listener.corrupt(this)
        listener.arrived(this, envelope, (bytes as Uint8Array).length)
      },
      closed: () => listener.closed(this),
    })
  }

  tell(message: unknown): void {
    const type = messageType(message)
    const bytes = packEnvelope('tell', 0, this.sentAtMs(), message)
    if (bytes === undefined) this.options.listener.lost(this, type, 'unpackable')
    else this.outbox.offer(type, bytes)
  }

  /** Asks; false where the mailbox is full. A question is never held back: its answer would come too late. */
  ask(correlation: number, message: unknown): boolean {
    const bytes = packEnvelope('request', correlation, this.sentAtMs(), message)
    if (bytes !== undefined && this.outbox.offerNow(bytes)) return true
    if (bytes === undefined) this.options.listener.lost(this, messageType(message), 'unpackable')
    else this.overflowed(messageType(message))
    return false
  }

  reply(correlation: number, value: unknown): void {
    const bytes = packEnvelope('reply', correlation, this.sentAtMs(), value)
    if (bytes === undefined) this.options.listener.lost(this, 'reply', 'unpackable')
    else this.outbox.postAnyway(bytes)
  }

  /** Delivers what has arrived and waits. */
  drain(): void {
    this.options.channel.drain()
  }

  close(): void {
    this.outbox.close()
    this.options.channel.close()
  }

  private overflowed(type: string): void {
    this.options.peerCounters.add('overflowed')
    this.options.listener.lost(this, type, 'overflow')
  }

  private sentAtMs(): number {
    return this.options.watching.on ? this.options.clock.nowMs() : 0
  }
}
