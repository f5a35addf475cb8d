import { type Warning, warning } from '../../../runtime/actor-system/inspection/warning.ts'
import type { KeyUse } from '../messages.ts'
import { staleAfterMs } from '../options.ts'
import type { DiscoveryState } from '../state.ts'

/** By which key a node sends, as far as it was heard here lately: of several keys one goes when nobody sends with it any more. */
export function keyUseOf({ options, sessions }: DiscoveryState, address: string, nowMs: number): KeyUse | null {
  const [current] = options.keys
  if (current === undefined) return null
  if (address === options.managementIp) return 'current'
  const session = sessions.get(address)
  if (session === undefined || nowMs - session.lastMs >= staleAfterMs(options)) return null
  return session.key === current ? 'current' : 'other'
}

/** Who sends with another key than this node. */
export function keyWarnings(state: DiscoveryState, nowMs: number): readonly Warning[] {
  const others = [...state.nodes.values()].filter(({ address }) => keyUseOf(state, address, nowMs) === 'other')
  if (others.length === 0) return []
  const names = others.map(({ node, address }) => `${node.name} (${address})`).join(', ')
  const send = others.length === 1 ? 'sends' : 'send'
  const text = `cluster.keys: ${names} ${send} with another key than this node: leave both keys on all nodes`
  return [warning('key-rotation', null, text)]
}
