import type { Clock } from '../../ports/host/clock.ts'
import type { Control, RemoteControl } from '../actor.ts'

/** The control of another actor, as its caller holds it. */
export interface GrantedControl {
  readonly remote: RemoteControl<Control>
  /** `told` is called when the other end is gone. */
  onDown(told: () => void): void
  close(): void
}

/** How control calls travel here: comlink over MessagePorts, or its simulated twin. */
export interface ControlTransport<Port> {
  /** Lets the other end of the port call these methods; returns how to end it. */
  exposeControl(control: Control, port: Port): () => void
  /** The control at the other end of the port. */
  remoteControl(actor: string, port: Port, clock: Clock): GrantedControl
}

/** The controls that one actor was granted, and those by which others call it. */
export class ControlDesk<Port> {
  private readonly transport: ControlTransport<Port>
  private readonly clock: Clock
  private readonly granted = new Map<string, GrantedControl>()
  private readonly closeExposed: (() => void)[] = []

  constructor(transport: ControlTransport<Port>, clock: Clock) {
    this.transport = transport
    this.clock = clock
  }

  expose(control: Control, port: Port): void {
    this.closeExposed.push(this.transport.exposeControl(control, port))
  }

  grant(actor: string, port: Port): void {
    this.granted.get(actor)?.close()
    const granted = this.transport.remoteControl(actor, port, this.clock)
    this.granted.set(actor, granted)
    granted.onDown(() => {
      if (this.granted.get(actor) === granted) this.granted.delete(actor)
    })
  }

  /** Undefined while the actor is down, and where its control was not granted. */
  find(actor: string): RemoteControl<Control> | undefined {
    return this.granted.get(actor)?.remote
  }

  close(): void {
    for (const granted of this.granted.values()) granted.close()
    for (const close of this.closeExposed) close()
    this.granted.clear()
  }
}
