import type { DiscoveryEffect, Progress } from '../state.ts'
import { knownEpochs } from './membership.ts'

/** Whose beacons are handed on before those of strangers. */
export function withKnownNodes({ state, effects }: Progress): Progress {
  const nodes = knownEpochs(state)
  const knownNodes = nodes.map(({ address, epoch }) => `${address} ${epoch}`).join()
  if (knownNodes === state.knownNodes) return { state, effects }
  const tell: DiscoveryEffect = { type: 'send', to: 'raw-ip', message: { type: 'knownNodes', nodes } }
  return { state: { ...state, knownNodes }, effects: [...effects, tell] }
}
