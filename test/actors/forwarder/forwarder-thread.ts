import { constants } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { type ForwarderTask, runForwarder } from '../../../actors/forwarder/task.ts'
import { linuxClock } from '../../../runtime/ports/host/linux/clock.ts'
import { linuxStreamSockets } from '../../../runtime/ports/sockets/linux/epoll.ts'

/** What goes wrong on purpose. */
export interface Faults {
  /** So many accepts find no descriptor left. */
  readonly acceptsWithoutDescriptor?: number
  /** So many sockets that connect to nodes fail at once with that errno. */
  readonly connects?: { readonly count: number; readonly errno: number }
  /** The first read of an established connection throws. */
  readonly crashOnRead?: boolean
}

const { task, faults } = workerData as { task: ForwarderTask; faults: Faults }
const sockets = linuxStreamSockets()
let left = faults.acceptsWithoutDescriptor ?? 0
const accept = sockets.accept.bind(sockets)
sockets.accept = (listener) => (left-- > 0 ? -constants.errno.EMFILE : accept(listener))
let failing = faults.connects?.count ?? 0
const connect = sockets.connect.bind(sockets)
sockets.connect = (address, bytesFollow) =>
  failing-- > 0 ? -(faults.connects?.errno ?? 0) : connect(address, bytesFollow)
if (faults.crashOnRead) {
  sockets.recv = () => {
    throw new Error('crash on purpose')
  }
}
parentPort!.postMessage(runForwarder(task, sockets, linuxClock))
