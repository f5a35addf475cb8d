import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import { constants } from 'node:os'
import koffi from 'koffi'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultForwarderLimits } from '../../../actors/forwarder/messages.ts'
import { parseClientKey } from '../../../runtime/table/client-key.ts'
import {
  connect,
  echo,
  ending,
  endingOfNew,
  eventually,
  type Gateway,
  nodeAddress,
  readAll,
  sockets,
  startGateway,
  startNode,
  VIP,
} from './forwarders.ts'

/** Our own sends have no flags. */
const send = koffi.load(null).func('int send(int, void *, size_t, int)')

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close()
})

const gatewayWith = async (options?: Parameters<typeof startGateway>[0]): Promise<Gateway> => {
  const gateway = await startGateway(options)
  opened.push(gateway)
  return gateway
}

const nodeWith = async (index: number, gateway: Gateway, serve: (socket: net.Socket) => void) => {
  const server = await startNode(index, gateway.nodePort, serve)
  opened.push(server)
  return server
}

const active = (gateway: Gateway, node = 0) => gateway.table.activeConnections(node)
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('bytes', () => {
  it('come back as they were sent, and are counted at the node', async () => {
    const gateway = await gatewayWith()
    await nodeWith(0, gateway, echo)
    const sent = randomBytes(3_000_000)
    const client = await connect(gateway.port)
    client.end(sent)
    expect(sha256(await readAll(client))).toBe(sha256(sent))
    await eventually(() => expect(active(gateway)).toBe(0))
    expect(gateway.table.node(0)).toMatchObject({
      totalConnections: 1,
      bytesToNode: sent.length,
      bytesToClient: sent.length,
    })
  })

  it('of a server that speaks first reach a client that waits', async () => {
    const gateway = await gatewayWith()
    await nodeWith(0, gateway, (socket) => socket.write('220 ready\r\n'))
    const client = await connect(gateway.port)
    expect(String((await once(client, 'data'))[0])).toBe('220 ready\r\n')
    client.destroy()
  })
})

describe('a client for which the table has no room', () => {
  it('is served as all others, and counted', async () => {
    const gateway = await gatewayWith()
    await nodeWith(0, gateway, echo)
    const { ways } = gateway.table.layout
    const ofOneSlot: string[] = []
    const wanted = gateway.table.slotOf('127.1.0.0')
    for (let n = 0; ofOneSlot.length <= ways; n++) {
      const address = `127.${1 + (n >>> 16)}.${(n >>> 8) & 255}.${n & 255}`
      if (gateway.table.slotOf(address) === wanted) ofOneSlot.push(address)
    }
    for (const [connections, address] of ofOneSlot.entries()) {
      const client = await connect(gateway.port, address)
      client.write('hello')
      expect(String((await once(client, 'data'))[0])).toBe('hello')
      expect(active(gateway)).toBe(connections + 1)
    }
    expect(gateway.counters().untracked).toBe(1)
    expect(gateway.table.find(ofOneSlot.at(-1)!)).toBeUndefined()
  })
})

describe('where the client speaks first', () => {
  it('a connection becomes one with its first bytes', async () => {
    const gateway = await gatewayWith({ clientSpeaksFirst: true })
    await nodeWith(0, gateway, echo)
    const client = await connect(gateway.port)
    expect(gateway.counters().accepted).toBe(0)
    client.write('hello')
    expect(String((await once(client, 'data'))[0])).toBe('hello')
    expect(gateway.counters().accepted).toBe(1)
    client.destroy()
  })

  it('a silent client gets its connection nevertheless, a little later, and may wait with its bytes', async () => {
    const gateway = await gatewayWith({ clientSpeaksFirst: true })
    const connected = Promise.withResolvers<net.Socket>()
    await nodeWith(0, gateway, connected.resolve)
    const client = await connect(gateway.port)
    const atNode = await connected.promise
    expect(gateway.counters().accepted).toBe(1)
    client.write('hello')
    expect(String((await once(atNode, 'data'))[0])).toBe('hello')
    client.destroy()
  })

  it('the PROXY header still comes before them', async () => {
    const gateway = await gatewayWith({ clientSpeaksFirst: true, proxyProtocol: 'v1' })
    await nodeWith(0, gateway, (socket) => void readAll(socket).then((all) => socket.end(`got ${all}`)))
    const client = await connect(gateway.port)
    client.end('x')
    expect(String(await readAll(client))).toMatch(/^got PROXY TCP4 .*\r\nx$/s)
  })
})

describe('urgent data', () => {
  it('is relayed in its place, and does not keep what follows it', async () => {
    const gateway = await gatewayWith()
    const received = Promise.withResolvers<string>()
    await nodeWith(0, gateway, (socket) => void readAll(socket).then((all) => received.resolve(String(all))))
    const fd = sockets.connect(sockets.socketAddress(parseClientKey(VIP)!, gateway.port), false)
    opened.push({ close: () => sockets.close(fd) })
    const MSG_OOB = 1
    for (const [text, flags] of [
      ['abc', 0],
      ['!', MSG_OOB],
      ['def', 0],
    ] as const) {
      await eventually(() => expect(send(fd, Buffer.from(text), text.length, flags)).toBe(text.length))
    }
    sockets.shutdownWrite(fd)
    expect(await received.promise).toBe('abc!def')
  })
})

describe('half-close', () => {
  it('by the client: the node sees the end and can still answer', async () => {
    const gateway = await gatewayWith()
    await nodeWith(0, gateway, (socket) => void readAll(socket).then((all) => socket.end(`got ${all.length}`)))
    const client = await connect(gateway.port)
    client.end('twelve bytes')
    expect(String(await readAll(client))).toBe('got 12')
    await eventually(() => expect(active(gateway)).toBe(0))
  })

  it('by the node: the client sees the end and can still send', async () => {
    const gateway = await gatewayWith()
    const received = Promise.withResolvers<Buffer>()
    await nodeWith(0, gateway, (socket) => {
      socket.end('bye')
      void readAll(socket).then(received.resolve)
    })
    const client = await connect(gateway.port)
    expect(String(await readAll(client))).toBe('bye')
    expect(active(gateway)).toBe(1)
    client.end('after your end')
    expect(String(await received.promise)).toBe('after your end')
    await eventually(() => expect(active(gateway)).toBe(0))
  })
})

describe('back-pressure', () => {
  const size = 64 * 1024 * 1024

  /** What is sent to a reader that does not read, once no more is taken. */
  async function takenFrom(writer: net.Socket): Promise<number> {
    let before = -1
    await eventually(
      () => {
        const now = writer.bytesWritten - writer.writableLength
        const still = now === before
        before = now
        expect(still).toBe(true)
      },
      { interval: 200 },
    )
    return before
  }

  async function flood(socket: net.Socket): Promise<void> {
    const part = Buffer.alloc(65_536, 7)
    for (let sent = 0; sent < size; sent += part.length) {
      if (!socket.write(part)) await once(socket, 'drain')
    }
    socket.end()
  }

  for (const [pendingBytes, where] of [
    [64 * 1024 * 1024, 'in a parked chunk'],
    [0, 'in the kernel alone, where no chunk is left to park'],
  ] as const) {
    it(`holds a node up whose client does not read; the rest waits ${where}`, async () => {
      const gateway = await gatewayWith({ limits: { pendingBytes } })
      const served = Promise.withResolvers<net.Socket>()
      await nodeWith(0, gateway, (socket) => {
        served.resolve(socket)
        flood(socket).catch(() => {})
      })
      const client = await connect(gateway.port)
      client.pause()
      // Socket buffers of the kernel on both ways, at most 6 MiB each, and one chunk.
      expect(await takenFrom(await served.promise)).toBeLessThan(26 * 1024 * 1024)
      let received = 0
      let wrong = 0
      client.on('data', (part: Buffer) => {
        received += part.length
        if (part.some((byte) => byte !== 7)) wrong++
      })
      client.resume()
      await once(client, 'end')
      expect([received, wrong]).toEqual([size, 0])
      client.end()
      await eventually(() => expect(active(gateway)).toBe(0))
    })
  }

  it('holds a client up whose node does not read', async () => {
    const gateway = await gatewayWith()
    const served = Promise.withResolvers<net.Socket>()
    await nodeWith(0, gateway, (socket) => served.resolve(socket.pause()))
    const client = await connect(gateway.port)
    flood(client).catch(() => {})
    expect(await takenFrom(client)).toBeLessThan(26 * 1024 * 1024)
    const all = await readAll(await served.promise)
    expect(all.length).toBe(size)
  })
})

describe('a node that does not take the connection', () => {
  it('is exchanged for the next best before the client notices, and the pin follows', async () => {
    const gateway = await gatewayWith({ nodes: 2 })
    await nodeWith(1, gateway, echo)
    const client = await connect(gateway.port)
    client.write('hello')
    expect(String((await once(client, 'data'))[0])).toBe('hello')
    expect(gateway.table.find('127.0.0.1')).toMatchObject({ node: 1, activeConnections: 1 })
    expect([active(gateway, 0), active(gateway, 1)]).toEqual([0, 1])
    expect(gateway.counters()).toMatchObject({ connectRetries: 1, noNode: 0 })
    // An attempt that failed is no connection.
    expect(gateway.table.node(0)).toMatchObject({ totalConnections: 0, failedConnections: 1 })
    expect(gateway.table.node(1)).toMatchObject({ totalConnections: 1, failedConnections: 0 })
    client.destroy()
  })

  it('by not answering at all is given up after the connect time-out', async () => {
    const gateway = await gatewayWith({ nodes: 2, limits: { connectTimeoutMs: 500 } })
    await nodeWith(1, gateway, echo)
    const key = parseClientKey(nodeAddress(0))!
    // A full backlog drops SYNs. Nobody accepts here.
    const deaf = sockets.listen({ key, port: gateway.nodePort, backlog: 0, awaitBytes: false })
    const fillers = Array.from({ length: 4 }, () =>
      sockets.connect(sockets.socketAddress(key, gateway.nodePort), false),
    )
    opened.push({ close: () => [deaf, ...fillers].map((fd) => sockets.close(fd)) })
    const client = await connect(gateway.port)
    client.write('hello')
    expect(String((await once(client, 'data'))[0])).toBe('hello')
    expect(gateway.counters()).toMatchObject({ connectTimeouts: 1, connectRetries: 1 })
    client.destroy()
  })

  it('again and again has it rest: others get its clients at once, until one of them finds it back', {
    timeout: 60_000,
  }, async () => {
    const gateway = await gatewayWith({ nodes: 2, limits: { connectTimeoutMs: 500 } })
    await nodeWith(1, gateway, echo)
    const key = parseClientKey(nodeAddress(0))!
    const deaf = sockets.listen({ key, port: gateway.nodePort, backlog: 0, awaitBytes: false })
    const fillers = Array.from({ length: 4 }, () =>
      sockets.connect(sockets.socketAddress(key, gateway.nodePort), false),
    )
    opened.push({ close: () => fillers.map((fd) => sockets.close(fd)) })
    const served = async () => {
      const client = await connect(gateway.port)
      client.write('hello')
      await once(client, 'data')
      client.destroy()
      await eventually(() => expect(gateway.table.openConnections).toBe(0))
    }
    const resting = () =>
      gateway.forwarders[0]!.reports.flatMap((report) => (report.type === 'resting' ? [report] : []))
    for (let client = 0; client < 3; client++) await served()
    expect(gateway.counters().connectTimeouts).toBe(3)
    await eventually(() => expect(resting().at(-1)?.nodes).toEqual([0]))
    for (let client = 0; client < 10; client++) await served()
    expect(gateway.counters().connectTimeouts).toBe(3)
    sockets.close(deaf)
    await nodeWith(0, gateway, echo)
    // A trial each 5 s, 10 s, ...: of these clients one is it.
    await eventually(
      async () => {
        await served()
        expect(resting().at(-1)?.nodes).toEqual([])
      },
      { interval: 200 },
    )
    await served()
    expect(gateway.table.find('127.0.0.1')?.node).toBe(0)
  })

  it('and is said to have failed, does not rest when it is said to be well again', async () => {
    const gateway = await gatewayWith({ nodes: 2 })
    await nodeWith(1, gateway, echo)
    const resting = () => gateway.forwarders[0]!.reports.findLast((report) => report.type === 'resting')?.nodes
    const nodeOfNew = async () => {
      const client = await connect(gateway.port)
      client.write('hello')
      await once(client, 'data')
      client.destroy()
      await eventually(() => expect(gateway.table.openConnections).toBe(0))
      return gateway.table.find('127.0.0.1')?.node
    }
    const isSaidToBe = (state: 'ok' | 'failure') =>
      gateway.table.setNode(0, { address: nodeAddress(0), state, weight: 100 })
    gateway.table.setTied([{ client: '127.0.0.1', node: 0 }])
    await eventually(async () => {
      expect(await nodeOfNew()).toBe(1)
      expect(resting()).toEqual([0])
    })
    isSaidToBe('failure')
    const beats = gateway.table.heartbeat(0)
    // Each second at least, and with it a tick.
    await eventually(() => expect(gateway.table.heartbeat(0)).toBeGreaterThan(beats + 1))
    await nodeWith(0, gateway, echo)
    isSaidToBe('ok')
    await eventually(() => expect(resting()).toEqual([]))
    expect(await nodeOfNew()).toBe(0)
  })

  it('and no other left, although it rests, is tried: a RST only where that fails', async () => {
    const gateway = await gatewayWith({ nodes: 1 })
    for (let client = 0; client < 4; client++) expect(await endingOfNew(gateway.port)).toBe('ECONNRESET')
    await nodeWith(0, gateway, echo)
    const client = await connect(gateway.port)
    client.write('hello')
    expect(String((await once(client, 'data'))[0])).toBe('hello')
    client.destroy()
  })

  it.each([VIP, '::1'])('and no other left: the client gets a RST at %s', async (address) => {
    const gateway = await gatewayWith({ nodes: 2, address })
    expect(await endingOfNew(gateway.port, address)).toBe('ECONNRESET')
    await eventually(() => expect(gateway.counters().closed).toBe(1))
    expect(gateway.counters()).toMatchObject({ noNode: 1, connectRetries: 1, accepted: 1 })
    expect([active(gateway, 0), active(gateway, 1)]).toEqual([0, 0])
  })

  it.each([VIP, '::1'])('because there is none: the client gets a RST at %s', async (address) => {
    const gateway = await gatewayWith({ nodes: 0, address })
    expect(await endingOfNew(gateway.port, address)).toBe('ECONNRESET')
    expect(gateway.counters().noNode).toBe(1)
  })
})

describe('a RST', () => {
  it('of the node reaches the client', async () => {
    const gateway = await gatewayWith()
    await nodeWith(0, gateway, (socket) => socket.once('data', () => socket.resetAndDestroy()))
    const client = await connect(gateway.port)
    client.write('x')
    expect(await ending(client)).toBe('ECONNRESET')
    await eventually(() => expect(active(gateway)).toBe(0))
    expect(gateway.counters().resets).toBe(1)
  })

  it('of the node right after its answer is a RST for the client, not the end of a whole answer', async () => {
    const gateway = await gatewayWith()
    // An answer, and a RST instead of a FIN because the request was not read.
    await nodeWith(0, gateway, (socket) => socket.pause().write('half an answer', () => socket.resetAndDestroy()))
    for (let n = 0; n < 50; n++) {
      const client = net.connect({ host: VIP, port: gateway.port })
      client.write('request')
      expect(await ending(client)).toBe('ECONNRESET')
    }
    await eventually(() => expect(active(gateway)).toBe(0))
  })

  it('of the client reaches the node', async () => {
    const gateway = await gatewayWith()
    const served = Promise.withResolvers<net.Socket>()
    await nodeWith(0, gateway, (socket) => {
      socket.write('hello')
      served.resolve(socket)
    })
    const client = await connect(gateway.port)
    await once(client, 'data')
    const broken = ending(await served.promise)
    client.resetAndDestroy()
    expect(await broken).toBe('ECONNRESET')
    await eventually(() => expect(active(gateway)).toBe(0))
  })

  it('of a client while the node is held up is noticed all the same', async () => {
    const gateway = await gatewayWith()
    const served = Promise.withResolvers<net.Socket>()
    await nodeWith(0, gateway, (socket) => served.resolve(socket.pause()))
    const client = await connect(gateway.port)
    client.write(Buffer.alloc(32 * 1024 * 1024))
    await served.promise
    await eventually(() => expect(gateway.table.node(0)!.bytesToNode).toBeGreaterThan(100_000))
    client.resetAndDestroy()
    await eventually(() => expect(active(gateway)).toBe(0))
  })
})

describe('limits', () => {
  it('of connections per client: one more is reset, another client is not', async () => {
    const gateway = await gatewayWith({ limits: { connectionsPerClient: 2 } })
    await nodeWith(0, gateway, echo)
    const first = [await connect(gateway.port), await connect(gateway.port)]
    await eventually(() => expect(active(gateway)).toBe(2))
    expect(await endingOfNew(gateway.port)).toBe('ECONNRESET')
    const other = await connect(gateway.port, '127.0.0.2')
    other.write('hello')
    expect(String((await once(other, 'data'))[0])).toBe('hello')
    expect(gateway.counters().clientLimit).toBe(1)
    for (const client of [...first, other]) client.destroy()
  })

  it('of connections of a forwarder: one more waits in the backlog until there is room', async () => {
    const gateway = await gatewayWith({ connectionsPerForwarder: 2 })
    await nodeWith(0, gateway, echo)
    const [one, two] = [await connect(gateway.port), await connect(gateway.port)]
    await eventually(() => expect(active(gateway)).toBe(2))
    const third = await connect(gateway.port)
    third.write('hello')
    await eventually(() => expect(gateway.counters().globalLimit).toBeGreaterThan(0))
    expect(gateway.counters().accepted).toBe(2)
    one!.destroy()
    expect(String((await once(third, 'data'))[0])).toBe('hello')
    for (const client of [two!, third]) client.destroy()
  })

  it('of connections of all forwarders: exactly so many are served, whichever takes them', async () => {
    const [most, wanted] = [20, 45]
    const gateway = await gatewayWith({ forwarders: 2, connectionsPerForwarder: wanted, limits: { connections: most } })
    await nodeWith(0, gateway, echo)
    const clients = await Promise.all(Array.from({ length: wanted }, () => connect(gateway.port)))
    const answered = new Set<net.Socket>()
    for (const client of clients) {
      client.on('data', () => answered.add(client))
      client.write('hello')
    }
    const seen: number[] = []
    const watch = setInterval(() => seen.push(active(gateway)), 1)
    for (let served = most; served < wanted; served += most) {
      await eventually(() => expect(answered.size).toBe(served))
      // Two looks for room later it is still so.
      const refused = () => gateway.counters().globalLimit + gateway.table.counters(1).globalLimit
      const before = refused()
      await eventually(() => expect(refused()).toBeGreaterThan(before + 3))
      expect(answered.size).toBe(served)
      expect(active(gateway)).toBe(most)
      for (const client of answered) client.destroy()
    }
    await eventually(() => expect(answered.size).toBe(wanted))
    clearInterval(watch)
    expect(Math.max(...seen)).toBeLessThanOrEqual(most)
    for (const client of clients) client.destroy()
    await eventually(() => expect(gateway.table.openConnections).toBe(0))
  })

  it('of descriptors, met on the way to a node: told as what it is, and the client by a RST', async () => {
    const faults = { connects: { count: 1, errno: constants.errno.EMFILE } }
    const gateway = await gatewayWith({ nodes: 2, faults })
    await nodeWith(0, gateway, echo)
    expect(await endingOfNew(gateway.port)).toBe('ECONNRESET')
    expect(gateway.counters()).toMatchObject({ descriptorsExhausted: 1, noNode: 0, connectRetries: 0 })
    const client = await connect(gateway.port)
    client.write('hello')
    await once(client, 'data')
    client.destroy()
  })

  it('of ephemeral ports towards a node: another node is tried', async () => {
    const faults = { connects: { count: 1, errno: constants.errno.EADDRNOTAVAIL } }
    const gateway = await gatewayWith({ nodes: 2, faults })
    await nodeWith(1, gateway, echo)
    const client = await connect(gateway.port)
    client.write('hello')
    await once(client, 'data')
    expect(gateway.counters()).toMatchObject({ portsExhausted: 1, connectRetries: 1, noNode: 0 })
    client.destroy()
  })

  it('of ephemeral ports towards all nodes: a RST, told as what it is, and nothing is tried twice', async () => {
    const faults = { connects: { count: 2, errno: constants.errno.EADDRNOTAVAIL } }
    const gateway = await gatewayWith({ nodes: 2, faults })
    expect(await endingOfNew(gateway.port)).toBe('ECONNRESET')
    await eventually(() => expect(gateway.counters().closed).toBe(1))
    expect(gateway.counters()).toMatchObject({ portsExhausted: 2, connectRetries: 1, noNode: 0, accepted: 1 })
  })

  it('of descriptors: the loop rests until the next tick instead of spinning', async () => {
    const gateway = await gatewayWith({ faults: { acceptsWithoutDescriptor: 3 } })
    await nodeWith(0, gateway, echo)
    const turnsBefore = gateway.table.heartbeat(0)
    const client = await connect(gateway.port)
    client.write('hello')
    expect(String((await once(client, 'data'))[0])).toBe('hello')
    expect(gateway.counters().descriptorsExhausted).toBe(3)
    expect(gateway.table.heartbeat(0) - turnsBefore).toBeLessThan(40)
    client.destroy()
  })

  it('of idle time: a connection on which nothing moves is reset while not both ends have spoken', async () => {
    const gateway = await gatewayWith({ limits: { idleTimeoutMs: 500 } })
    await nodeWith(0, gateway, (socket) => socket.resume())
    const client = await connect(gateway.port)
    client.write('hello')
    expect(await ending(client)).toBe('ECONNRESET')
    expect(gateway.counters().idleTimeouts).toBe(1)
    await eventually(() => expect(active(gateway)).toBe(0))
  })

  it('of idle time: a connection on which both ends have spoken is a tunnel, and outlives it', async () => {
    const gateway = await gatewayWith({ limits: { idleTimeoutMs: 500, tunnelTimeoutMs: 0 } })
    await nodeWith(0, gateway, echo)
    const tunnel = await connect(gateway.port)
    tunnel.write('hello')
    await once(tunnel, 'data')
    // Silent for as long as this one, and 500 ms longer: what was there before has been silent for longer yet.
    for (let round = 0; round < 2; round++) expect(await ending(await connect(gateway.port))).toBe('ECONNRESET')
    tunnel.write('still there')
    expect(String((await once(tunnel, 'data'))[0])).toBe('still there')
    tunnel.destroy()
  })

  it('of a tunnel: silent for that long, it is reset, and others by their own time', async () => {
    const gateway = await gatewayWith({ limits: { idleTimeoutMs: 60_000, tunnelTimeoutMs: 500 } })
    await nodeWith(0, gateway, echo)
    const silent = await connect(gateway.port)
    const tunnel = await connect(gateway.port)
    tunnel.write('hello')
    expect(await ending(tunnel)).toBe('ECONNRESET')
    expect(gateway.counters().idleTimeouts).toBe(1)
    silent.write('hello')
    expect(String((await once(silent, 'data'))[0])).toBe('hello')
    silent.destroy()
  })

  it('of a tunnel, set while it runs, count for what is open', async () => {
    const gateway = await gatewayWith({ limits: { tunnelTimeoutMs: 0 } })
    await nodeWith(0, gateway, echo)
    const tunnel = await connect(gateway.port)
    tunnel.write('hello')
    await once(tunnel, 'data')
    const limits = { ...defaultForwarderLimits, tunnelTimeoutMs: 500 }
    gateway.forwarders[0]!.send({ type: 'limits', limits })
    expect(await ending(tunnel)).toBe('ECONNRESET')
  })
})

describe('the PROXY protocol', () => {
  it('v1 tells the proxy the client and what it connected to, before the first byte', async () => {
    const gateway = await gatewayWith({ proxyProtocol: 'v1' })
    await nodeWith(0, gateway, (socket) => void readAll(socket).then((all) => socket.end(all)))
    const client = await connect(gateway.port, '127.0.0.9')
    const port = client.localPort
    client.end('GET /')
    expect(String(await readAll(client))).toBe(`PROXY TCP4 127.0.0.9 127.0.77.10 ${port} 8080\r\nGET /`)
  })
})

describe('clients', () => {
  it('stay with their node over all forwarders', async () => {
    const gateway = await gatewayWith({ nodes: 3, forwarders: 2 })
    const slots = Uint8Array.from({ length: 4096 }, (_, slot) => slot % 3)
    gateway.table.setSlots(slots, 2)
    for (let node = 0; node < 3; node++) await nodeWith(node, gateway, (socket) => socket.end(String(node)))
    for (let n = 1; n <= 60; n++) {
      const address = `127.0.1.${1 + (n % 20)}`
      const client = await connect(gateway.port, address)
      expect(String(await readAll(client))).toBe(String(gateway.table.slotOf(address) % 3))
      client.end()
    }
    expect(gateway.table.counters(0).accepted + gateway.table.counters(1).accepted).toBe(60)
    expect(gateway.table.counters(1).accepted).toBeGreaterThan(0)
  })
})
