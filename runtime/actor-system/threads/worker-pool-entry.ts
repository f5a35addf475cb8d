import type { MessagePort } from 'node:worker_threads'

/** What a pool's task is given. */
export interface PoolTaskStart<Options = unknown> {
  /** 0..N-1: which of the pool's tasks this is. */
  readonly index: number
  readonly options: Options
  /** To and from the pool's owner. A task that blocks its thread reads it by `receiveMessageOnPort`. */
  readonly port: MessagePort
}

/** The default export of a pool's module: a long-lived task. That it returns or throws is its end. */
type PoolTask<Options = unknown> = (start: PoolTaskStart<Options>) => unknown

/** What the pool sends to the thread. */
export interface PoolTaskBirth extends PoolTaskStart {
  readonly moduleUrl: string
  /** Says that the task begins; that it closes is the pool's proof that the task, or its thread, is gone. */
  readonly life: MessagePort
}

/**
 * Runs a task on a thread of the pool.
 * @public piscina loads it by the name of the file.
 */
export default async function runPoolTask({ moduleUrl, life, index, options, port }: PoolTaskBirth): Promise<void> {
  try {
    const { default: task } = (await import(moduleUrl)) as { readonly default: PoolTask }
    life.postMessage('begins')
    await task({ index, options, port })
  } finally {
    port.close()
    life.close()
  }
}
