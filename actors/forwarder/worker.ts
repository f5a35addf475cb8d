import { linuxClock } from '../../runtime/ports/host/linux/clock.ts'
import { linuxStreamSockets } from '../../runtime/ports/sockets/linux/epoll.ts'
import type { ForwarderResult } from './messages.ts'
import { type ForwarderTask, runForwarder } from './task.ts'

/**
 * The pool's task. It is the composition of its thread, so it alone of all files here names the Linux ports: sockets
 * cannot be handed from one thread to another.
 */
export default function forwarderWorker(task: ForwarderTask): ForwarderResult {
  return runForwarder(task, linuxStreamSockets(), linuxClock)
}
