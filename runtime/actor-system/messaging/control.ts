import type { MessagePort } from 'node:worker_threads'
import { expose, wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { Clock } from '../../ports/host/clock.ts'
import type { Control } from '../actor.ts'
import { BoundedControl } from './bounded-control.ts'
import type { GrantedControl } from './control-desk.ts'

/** Lets the other end of the port call these methods; returns how to end it. */
export function exposeControl(control: Control, port: MessagePort): () => void {
  expose(control, nodeEndpoint(port))
  return () => port.close()
}

/** The control at the other end of the port. */
export function remoteControl(actor: string, port: MessagePort, clock: Clock): GrantedControl {
  const methods = wrap<Record<string, (...parameters: readonly unknown[]) => unknown>>(nodeEndpoint(port))
  const control = new BoundedControl(actor, clock, async (method, parameters) => {
    const call = methods[method]
    return call?.(...parameters)
  })
  return {
    remote: control.remote,
    onDown(told) {
      port.on('close', () => {
        control.down()
        told()
      })
    },
    close() {
      control.down()
      port.close()
    },
  }
}
