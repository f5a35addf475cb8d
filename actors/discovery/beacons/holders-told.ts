/** Who has most connections where: each node knows its own, and says so to the directors, who tell people. Of use in kernel mode only. */
import { counted } from '../../../runtime/actor-system/machine/turn.ts'
import type { HoldersBody } from '../../../runtime/wire/beacon/body.ts'
import { heardDirectors } from '../directors.ts'
import type { HoldersMessage } from '../messages.ts'
import type { Progress } from '../state.ts'
import { withHolders } from './outgoing.ts'

/** This node's own, to the directors that are heard now; this node may be one itself. */
export function withHoldersTold(progress: Progress, message: HoldersMessage, nowMs: number): Progress {
  const { managementIp } = progress.state.options
  const kept = withHoldersOf(progress, managementIp, message)
  const others = heardDirectors(kept.state, nowMs).filter(({ address }) => address !== managementIp)
  return others.reduce((before, { address }) => withHolders(before, address, message), kept)
}

export function withHoldersOf(
  { state, effects }: Progress,
  address: string,
  { all, holders }: Omit<HoldersBody, 'type'>,
): Progress {
  if (!state.options.tellsFastPath) return { effects, state: counted(state, 'holdersIgnored') }
  const message = { type: 'holdersOf', address, all, holders } as const
  return { state, effects: [...effects, { type: 'send', to: 'fast-path', message }] }
}
