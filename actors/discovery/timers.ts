import type { DiscoveryTimer, Progress } from './state.ts'

/** Starts a timer; one of that name that runs already is void. */
export function withTimer({ state, effects }: Progress, timer: DiscoveryTimer, delayMs: number): Progress {
  const generation = state.timers[timer] + 1
  return {
    state: { ...state, timers: { ...state.timers, [timer]: generation } },
    effects: [...effects, { type: 'startTimer', timer, generation, delayMs }],
  }
}
