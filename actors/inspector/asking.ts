import type { ActorContext, Control, RemoteControl } from '../../runtime/actor-system/actor.ts'
import { type Answer, failure } from './http/server.ts'
import type { InspectorPeers } from './messages.ts'
import { callControl } from './slices.ts'

/** Gives the answer from an actor's control, or 503 where that actor does not give one. */
export const askerOf =
  (context: ActorContext<InspectorPeers>) =>
  async <Of extends Control>(
    actor: string,
    call: (control: RemoteControl<Of>) => Promise<Answer>,
    withinMs?: number,
  ): Promise<Answer> => {
    try {
      return await callControl<Of, Answer>(context, actor, call, withinMs)
    } catch (error) {
      return failure(503, `${actor} ${error instanceof Error ? error.message : String(error)}`, { 'retry-after': '1' })
    }
  }

/** 1 to `most`; undefined for any other text. */
export function wholeOf(text: string, most: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  return value >= 1 && value <= most ? value : undefined
}
