import type { CliEnv } from './env.ts'

/** Waits that long, or until the command is interrupted, or what `ended` tells of. */
export function pause(ms: number, env: CliEnv, ended: AbortSignal = env.interrupted): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel()
      ended.removeEventListener('abort', end)
      resolve()
    }
    const cancel = env.clock.setTimer(ms, end)
    ended.addEventListener('abort', end)
  })
}
