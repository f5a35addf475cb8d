import type { Channel, ChannelListener } from '../../runtime/actor-system/messaging/channel.ts'
import type { SimulatedThread } from './simulated-thread.ts'

/** Sees what passes from one actor to another. */
export type Tap = (from: string, to: string, value: unknown) => void

/** One end of a simulated channel. It belongs to the thread that it was handed to, and delivers there. */
export class SimulatedPort implements Channel {
  /** Set when it is handed to an actor: until then what arrives waits. */
  private thread: SimulatedThread | undefined
  private owner = ''
  private other: SimulatedPort | undefined
  private listener: ChannelListener | undefined
  private tap: Tap | undefined
  private readonly inbox: ((listener: ChannelListener) => void)[] = []

  /** Two ends that are connected. */
  static pair(): readonly [SimulatedPort, SimulatedPort] {
    const one = new SimulatedPort()
    const other = new SimulatedPort()
    one.other = other
    other.other = one
    return [one, other]
  }

  /** Hands this end to an actor. */
  give(owner: string, thread: SimulatedThread, tap?: Tap): void {
    this.owner = owner
    this.thread = thread
    this.tap = tap
  }

  post(bytes: unknown): void {
    const { other } = this
    other?.deliver((listener) => {
      other.tap?.(this.owner, other.owner, bytes)
      listener.bytes(bytes)
    })
  }

  listen(listener: ChannelListener): void {
    this.listener = listener
    // What waited has arrived: it is delivered in the thread's next turns, before anything newer.
    for (const call of this.inbox.splice(0)) this.deliver(call)
  }

  drain(): void {
    // All that a thread is told goes through its one queue, so nothing that was sent earlier can still be waiting.
  }

  close(): void {
    const { other } = this
    this.listener = undefined
    this.other = undefined
    if (other === undefined) return
    other.other = undefined
    other.deliver((listener) => {
      other.listener = undefined
      listener.closed()
    })
  }

  private deliver(call: (listener: ChannelListener) => void): void {
    if (this.thread === undefined || this.listener === undefined) {
      this.inbox.push(call)
      return
    }
    this.thread.arrive(() => {
      if (this.listener !== undefined) call(this.listener)
    })
  }
}
