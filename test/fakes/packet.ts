import type { Clock } from '../../runtime/ports/host/clock.ts'
import type { PacketPort } from '../../runtime/ports/raw-ip/packet.ts'
import { done, type Refusal, type Result } from '../../runtime/ports/result.ts'

export interface SentFrame {
  readonly atMs: number
  readonly interfaceIndex: number
  readonly frame: Uint8Array
}

/** Keeps a copy of every frame instead of sending it. */
export class FakePacketPort implements PacketPort {
  readonly frames: SentFrame[] = []
  readonly #clock: Clock
  #refusal: Refusal | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From now on every frame is refused like this; undefined = no longer. */
  refuse(refusal: Refusal | undefined): void {
    this.#refusal = refusal
  }

  send(interfaceIndex: number, frame: Uint8Array): Result {
    if (this.#refusal) return this.#refusal
    this.frames.push({ atMs: this.#clock.nowMs(), interfaceIndex, frame: Uint8Array.from(frame) })
    return done
  }

  close(): void {}
}
