/**
 * server.ts NAME FIRST-PORT COUNT...: says its name to whoever sends something, on so many ports from each first one on, and leaves connections open. A
 * loop over epoll: tens of thousands of streams would take the memory and the CPU that are to be measured elsewhere. Several on one host share its ports.
 */
import { READABLE } from '../../../runtime/ports/sockets/epoll.ts'
import { linuxStreamSockets } from '../../../runtime/ports/sockets/linux/epoll.ts'

const MAPPED = 0xffff
const BACKLOG = 4096
const QUESTION_BYTES = 64
const AGAIN = -11

const [name = '', ...ports] = process.argv.slice(2)
const sockets = linuxStreamSockets()
const queue = sockets.createQueue()
const buffer = sockets.allocate(QUESTION_BYTES)
const answer = sockets.allocate(name.length + 1)
answer.bytes.set(Buffer.from(`${name}\n`))
const listeners = new Set<number>()

for (let at = 0; at < ports.length; at += 2) {
  const [first, count] = [Number(ports[at]), Number(ports[at + 1])]
  for (let port = first; port < first + count; port++) {
    const fd = sockets.listen({ key: [0, 0, MAPPED, 0], port, backlog: BACKLOG, awaitBytes: false })
    if (fd < 0) throw new Error(`port ${port}: errno ${-fd}`)
    listeners.add(fd)
    sockets.watch(queue, fd, READABLE, fd, 0)
  }
}

function proceed(fd: number): void {
  if (listeners.has(fd)) {
    for (let accepted = sockets.accept(fd); accepted >= 0; accepted = sockets.accept(fd))
      sockets.watch(queue, accepted, READABLE, accepted, 0)
    return
  }
  const count = sockets.recv(fd, buffer, QUESTION_BYTES)
  if (count > 0) sockets.send(fd, answer, 0, answer.bytes.length, false)
  else if (count !== AGAIN) sockets.close(fd)
}

console.log('listening')
for (;;) {
  const count = sockets.wait(queue, -1)
  for (let index = 0; index < count; index++) proceed(sockets.eventTag(index))
}
