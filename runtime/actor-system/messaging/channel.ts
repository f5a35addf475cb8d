import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'

/** Takes what arrives at one end of a channel. */
export interface ChannelListener {
  bytes(bytes: unknown): void
  /** The other end is gone; everything that it sent was delivered before. Called once, and not after an own `close`. */
  closed(): void
}

/** One end of the ordered, lossless way between two actors: a MessagePort, or a simulated one. */
export interface Channel {
  /** Hands the bytes over; the caller must not touch them any more. */
  post(bytes: Uint8Array<ArrayBuffer>): void
  /** Begins delivery; what arrived before waits for it. */
  listen(listener: ChannelListener): void
  /** Delivers at once, from within this call, what has arrived and waits. */
  drain(): void
  close(): void
}

/** A channel over a MessagePort. */
export class PortChannel implements Channel {
  private readonly port: MessagePort
  private listener: ChannelListener | undefined

  constructor(port: MessagePort) {
    this.port = port
  }

  post(bytes: Uint8Array<ArrayBuffer>): void {
    // Moved, not copied: measured a third faster than cloning, also for 100 bytes.
    this.port.postMessage(bytes, [bytes.buffer])
  }

  listen(listener: ChannelListener): void {
    this.listener = listener
    // A port that its own side closed also says 'close': hence the check in both.
    this.port.on('close', () => {
      const told = this.listener
      this.listener = undefined
      told?.closed()
    })
    this.port.on('messageerror', () => this.listener?.bytes(undefined))
    this.port.on('message', (bytes: unknown) => this.listener?.bytes(bytes))
  }

  drain(): void {
    for (let next = receiveMessageOnPort(this.port); next !== undefined; next = receiveMessageOnPort(this.port)) {
      this.listener?.bytes(next.message)
    }
  }

  close(): void {
    this.listener = undefined
    this.port.close()
  }
}
