import type { CancelTimer, Clock } from '../../ports/host/clock.ts'
import type { MailboxOptions } from '../actor.ts'
import type { UnderWay } from './mailbox.ts'

/** How often a sender that holds messages back looks for room. */
const LOOK_FOR_ROOM_MS = 20

/** Message types that may be held back at once; a further type is dropped. */
const MAX_HELD_TYPES = 64

export interface OutboxSite {
  /** The mailbox of the addressee. */
  readonly mailbox: MailboxOptions
  readonly underWay: UnderWay
  readonly clock: Clock
  post(bytes: Uint8Array<ArrayBuffer>): void
  /** A message of that type was lost to the bound. */
  lost(type: string): void
}

/** The sender's side of a bounded mailbox: keeps to its capacity and carries out its overflow policy. */
export class Outbox {
  private readonly site: OutboxSite
  /** Newest message of each type, oldest first; only under `keepLatest`, and only while there is no room. */
  private readonly held = new Map<string, Uint8Array<ArrayBuffer>>()
  private cancelLook: CancelTimer | undefined

  constructor(site: OutboxSite) {
    this.site = site
  }

  /** Posts the message, or does with it what the policy says. */
  offer(type: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.postHeld()
    // What is held goes first: a message must not overtake an older one.
    if (this.held.size === 0 && this.offerNow(bytes)) return
    if (this.site.mailbox.overflow === 'dropNewest') this.site.lost(type)
    else this.hold(type, bytes)
  }

  /** Posts the message if there is room for it now. */
  offerNow(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.site.underWay.count >= this.site.mailbox.capacity) return false
    this.postAnyway(bytes)
    return true
  }

  /** Posts beyond the capacity: for replies, whose number the asker bounds. */
  postAnyway(bytes: Uint8Array<ArrayBuffer>): void {
    this.site.underWay.posted()
    this.site.post(bytes)
  }

  close(): void {
    this.cancelLook?.()
    this.held.clear()
  }

  private hold(type: string, bytes: Uint8Array<ArrayBuffer>): void {
    const replaces = this.held.delete(type)
    if (replaces || this.held.size >= MAX_HELD_TYPES) this.site.lost(type)
    if (this.held.size >= MAX_HELD_TYPES) return
    this.held.set(type, bytes)
    this.cancelLook ??= this.site.clock.setTimer(LOOK_FOR_ROOM_MS, () => this.look())
  }

  private look(): void {
    this.cancelLook = undefined
    this.postHeld()
    if (this.held.size > 0) this.cancelLook = this.site.clock.setTimer(LOOK_FOR_ROOM_MS, () => this.look())
  }

  private postHeld(): void {
    for (const [type, bytes] of this.held) {
      if (!this.offerNow(bytes)) return
      this.held.delete(type)
    }
  }
}
