import { once } from 'node:events'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { linuxStreamSockets } from '../../../../../runtime/ports/sockets/linux/epoll.ts'
import { openLinuxReachProbe } from '../../../../../runtime/ports/sockets/linux/reach-probe.ts'
import { parseClientKey } from '../../../../../runtime/table/client-key.ts'

const ends: (() => unknown)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})

/** A server, and whom it has heard of. */
async function serverAt(host: string) {
  const heard: number[] = []
  const server = net.createServer((socket) => heard.push(socket.remotePort ?? 0)).listen(0, host)
  await once(server, 'listening')
  ends.push(() => server.close())
  return { server, heard, port: (server.address() as net.AddressInfo).port }
}

describe('a try', () => {
  it.each(['127.0.0.1', '::1'])(
    'finds that a port answers, and the program there does not notice: %s',
    async (host) => {
      const { heard, port } = await serverAt(host)
      const probe = openLinuxReachProbe()
      for (let time = 0; time < 5; time++) expect(await probe.try(host, port, 5000)).toBeNull()
      // What is accepted is accepted in order: with this one any earlier one would have come.
      const client = net.connect(port, host)
      ends.push(() => client.destroy())
      await once(client, 'connect')
      await expect.poll(() => heard).toEqual([client.localPort])
    },
  )

  it.each(['127.0.0.1', '::1'])('tells a port that is closed: %s', async (host) => {
    const { server, port } = await serverAt(host)
    await new Promise((resolve) => server.close(resolve))
    expect(await openLinuxReachProbe().try(host, port, 5000)).toBe('ECONNREFUSED')
  })

  it('gives up one that does not answer, and does not hold up another meanwhile', async () => {
    const sockets = linuxStreamSockets()
    const { port } = await serverAt('127.0.0.1')
    const key = parseClientKey('127.0.0.9')!
    // A full backlog drops SYNs. Nobody accepts here.
    const deaf = sockets.listen({ key, port, backlog: 0, awaitBytes: false })
    const fillers = Array.from({ length: 4 }, () => sockets.connect(sockets.socketAddress(key, port), false))
    ends.push(() => [deaf, ...fillers].map((fd) => sockets.close(fd)))
    const probe = openLinuxReachProbe()
    const order: string[] = []
    const silent = probe.try('127.0.0.9', port, 700).then((problem) => order.push(problem ?? 'answers'))
    await probe.try('127.0.0.1', port, 5000).then((problem) => order.push(problem ?? 'answers'))
    await silent
    expect(order).toEqual(['answers', 'no answer within 700 ms'])
  })
})
