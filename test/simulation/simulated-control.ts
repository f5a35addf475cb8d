import type { Control } from '../../runtime/actor-system/actor.ts'
import { reasonOf } from '../../runtime/actor-system/actor-error.ts'
import { BoundedControl } from '../../runtime/actor-system/messaging/bounded-control.ts'
import type { GrantedControl } from '../../runtime/actor-system/messaging/control-desk.ts'
import type { Clock } from '../../runtime/ports/host/clock.ts'
import type { SimulatedPort } from './simulated-port.ts'

interface Call {
  readonly id: number
  readonly method: string
  readonly parameters: readonly unknown[]
}

type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } }

/** What comlink does over MessagePorts, done over simulated ones: values are cloned, methods may return promises. */
export function exposeSimulatedControl(control: Control, port: SimulatedPort): () => void {
  const answer = async ({ id, method, parameters }: Call): Promise<void> => {
    try {
      const value = structuredClone(await control[method]?.(...parameters))
      port.post({ id, value } satisfies Answer)
    } catch (error) {
      const name = error instanceof Error ? error.name : 'Error'
      port.post({ id, error: { name, message: reasonOf(error) } } satisfies Answer)
    }
  }
  port.listen({
    bytes: (call) => {
      void answer(call as Call)
    },
    closed() {},
  })
  return () => port.close()
}

export function remoteSimulatedControl(actor: string, port: SimulatedPort, clock: Clock): GrantedControl {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let lastId = 0
  let told: (() => void) | undefined
  const control = new BoundedControl(actor, clock, async (method, parameters) => {
    lastId += 1
    port.post({ id: lastId, method, parameters: structuredClone(parameters) } satisfies Call)
    return new Promise((resolve, reject) => waiting.set(lastId, { resolve, reject }))
  })
  port.listen({
    bytes(received) {
      const answer = received as Answer
      const caller = waiting.get(answer.id)
      waiting.delete(answer.id)
      if ('error' in answer) caller?.reject(Object.assign(new Error(answer.error.message), { name: answer.error.name }))
      else caller?.resolve(answer.value)
    },
    closed() {
      control.down()
      told?.()
    },
  })
  return {
    remote: control.remote,
    onDown: (listener) => {
      told = listener
    },
    close() {
      control.down()
      port.close()
    },
  }
}
