import type { DiscoveryTimer, Progress } from './state.ts'

/** Starts a timer, or starts it anew. */
export const withTimer = ({ state, effects }: Progress, timer: DiscoveryTimer, delayMs: number): Progress => ({
  state,
  effects: [...effects, { type: 'startTimer', timer, delayMs }],
})
