import type { CliEnv } from './env.ts'

/** Waits that long, or until the command is interrupted. */
export function pause(ms: number, env: CliEnv): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel()
      env.interrupted.removeEventListener('abort', end)
      resolve()
    }
    const cancel = env.clock.setTimer(ms, end)
    env.interrupted.addEventListener('abort', end)
  })
}
