import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type rawSocketModule from 'raw-socket'
import type { RawSocket } from 'raw-socket'
import { done, type Refusal, type Result, refused } from '../../result.ts'
import {
  errnoOfText,
  IPPROTO_RAW,
  if_nametoindex,
  SO_BINDTODEVICE,
  SO_MEMINFO,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOL_SOCKET,
} from '../../sockets/linux/libc.ts'
import type { IpProtocol } from '../raw-ip.ts'

/** Packets that may wait for the kernel to take them. */
const SENDS_UNDER_WAY_MAX = 64
/** A second of a flood of small packets fits, so that an advert that comes after it is not the one that is lost. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
/** Of the figures of SO_MEMINFO, 32 bits each, the last: packets that were dropped (linux/sock_diag.h, SK_MEMINFO_DROPS). */
const MEMINFO_LENGTH = 36
const MEMINFO_DROPS = 32
/** The longest packet. */
const PACKET_BYTES_MAX = 65_535

/** The network that a channel is on. `source` is what its packets are sent from. */
export interface ChannelAddress {
  readonly interfaceName: string
  readonly interfaceIndex: number
  readonly source: string
}

export interface ChannelListener {
  packet(packet: Uint8Array): void
  error(reason: string): void
}

/** What differs between IPv4 and IPv6. */
export interface ChannelFamily {
  /** raw-socket's own numbers. */
  readonly addressFamily: 1 | 2
  /** Sockets that receive, at least one. */
  readonly receivers: readonly ChannelReceiver[]
  prepareSender(socket: RawSocket, address: ChannelAddress): void
  /** The whole packet; undefined where it cannot be sent. */
  emit(protocol: IpProtocol, source: string, destination: string, payload: Uint8Array): Uint8Array | undefined
}

export interface ChannelReceiver {
  prepare(socket: RawSocket, protocol: IpProtocol, address: ChannelAddress): void
  /** The whole packet, in a buffer of its own, of what the socket gave. */
  packet(bytes: Uint8Array, from: string, protocol: IpProtocol, address: ChannelAddress): Uint8Array
}

/**
 * One IP protocol on one interface, as raw sockets. Those that receive never send: raw-socket serves either reading or
 * writing in a turn of the event loop and prefers reading, so that a flood would hold our adverts back. The one that sends
 * is of protocol IPPROTO_RAW: it receives nothing, and what it sends has the header that we wrote, with a source that is
 * the node's own address whatever VIPs the interface holds (RFC 9568 §5.1.1.1).
 */
export class RawIpChannel {
  readonly #protocol: IpProtocol
  readonly #family: ChannelFamily
  readonly #address: ChannelAddress
  readonly #sockets: readonly RawSocket[]
  readonly #sender: RawSocket
  readonly #underWay = new Set<(result: Result) => void>()
  #closed = false

  private constructor(
    protocol: IpProtocol,
    family: ChannelFamily,
    address: ChannelAddress,
    sockets: readonly RawSocket[],
    sender: RawSocket,
  ) {
    this.#protocol = protocol
    this.#family = family
    this.#address = address
    this.#sockets = sockets
    this.#sender = sender
  }

  static open(
    protocol: IpProtocol,
    family: ChannelFamily,
    address: ChannelAddress,
    listener: ChannelListener,
  ): Result<RawIpChannel> {
    const opened: RawSocket[] = []
    const open = (socketProtocol: number): RawSocket => {
      const { addressFamily } = family
      const options = { protocol: socketProtocol, addressFamily, bufferSize: PACKET_BYTES_MAX }
      const socket = loadRawSocket().createSocket(options)
      opened.push(socket)
      // The `error` event of an emitter that nobody listens to is thrown: listen before anything can fail.
      socket.on('error', (error) => {
        if (errnoOfText(error.message) !== 'EAGAIN') listener.error(error.message)
      })
      const device = Buffer.from(`${address.interfaceName}\0`)
      socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, device, device.length)
      return socket
    }
    try {
      for (const receiver of family.receivers) {
        const socket = open(protocol)
        enlargeReceiveBuffer(socket)
        receiver.prepare(socket, protocol, address)
        // raw-socket hands out the same buffer each time.
        socket.on('message', (bytes, from) => listener.packet(receiver.packet(bytes, from, protocol, address)))
      }
      const sender = open(IPPROTO_RAW)
      sender.pauseRecv()
      family.prepareSender(sender, address)
      return { ok: true, value: new RawIpChannel(protocol, family, address, opened, sender) }
    } catch (error) {
      for (const socket of opened) socket.close()
      if (error instanceof AddonError) return refused(error.code, error.message)
      const reason = error instanceof Error ? error.message : String(error)
      return refused(errnoOfText(reason) ?? 'EIO', `raw socket for IP protocol ${protocol}: ${withAdvice(reason)}`)
    }
  }

  send(destination: string, payload: Uint8Array): Promise<Result> {
    if (this.#closed) return Promise.resolve(refused('EBADF', 'raw socket: closed'))
    if (this.#underWay.size >= SENDS_UNDER_WAY_MAX) {
      return Promise.resolve(refused('ENOBUFS', `raw socket: ${SENDS_UNDER_WAY_MAX} packets wait to be sent`))
    }
    const emitted = this.#family.emit(this.#protocol, this.#address.source, destination, payload)
    if (emitted === undefined) {
      return Promise.resolve(refused('EINVAL', `${payload.length} bytes cannot be sent to ${destination}`))
    }
    const packet = Buffer.from(emitted.buffer)
    return new Promise((resolve) => {
      this.#underWay.add(resolve)
      this.#sender.send(packet, 0, packet.length, destination, (error) => {
        this.#underWay.delete(resolve)
        const result = error ? this.#refusal(destination, error.message) : done
        // Promises that are resolved inside raw-socket's native callback may wait for the next event; an immediate does not.
        setImmediate(resolve, result)
      })
    })
  }

  /** IPv6 says "unreachable" of a link that is down and of one that is gone for good: these sockets then never hear again. */
  #refusal(destination: string, reason: string): Refusal {
    const { interfaceName, interfaceIndex } = this.#address
    if (if_nametoindex(interfaceName) !== interfaceIndex) {
      return refused('ENODEV', `to ${destination}: the network interface ${interfaceName} is gone`)
    }
    return refused(errnoOfText(reason) ?? 'EIO', `to ${destination}: ${reason}`)
  }

  /** Packets that the kernel had no room for. */
  overflowed(): number {
    if (this.#closed) return 0
    return this.#sockets.reduce((sum, socket) => {
      const figures = Buffer.alloc(MEMINFO_LENGTH)
      socket.getOption(SOL_SOCKET, SO_MEMINFO, figures, figures.length)
      return sum + figures.readUInt32LE(MEMINFO_DROPS)
    }, 0)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const socket of this.#sockets) socket.close()
    for (const resolve of this.#underWay) resolve(refused('ECANCELED', 'raw socket: closed before the packet left'))
    this.#underWay.clear()
  }
}

/** Nothing mends that while the process runs. */
class AddonError extends Error {
  readonly code = 'ENOADDON'

  constructor(cause: unknown) {
    const { version, versions } = process
    const [said = ''] = (cause instanceof Error ? cause.message : String(cause)).split('Please try')
    const why = said.replace(/\s+/g, ' ').trim()
    const advice = existsSync(ADDONS)
      ? 'set PROXYHA_NODE to a Node.js 24 or 26, or have it built with make, g++ and python3: npm rebuild -g proxyha'
      : 'run `npm run postinstall` in the clone, or set PROXYHA_NODE to the Node.js that it was built for'
    super(`the addon raw-socket does not load in Node.js ${version}, ABI ${versions.modules} (${why}): ${advice}`, {
      cause,
    })
  }
}

/** Where a package has the addon, by platform and ABI; a clone has it where npm has built it. */
const ADDONS = fileURLToPath(new URL('../../../../addons/', import.meta.url))
const BUILT = `${ADDONS}${process.platform}-${process.arch}-${process.versions.modules}/raw-socket`

/** The addon works on the main thread only and may be missing, so it is loaded when it is first needed. */
function loadRawSocket(): typeof rawSocketModule {
  try {
    return createRequire(import.meta.url)(existsSync(ADDONS) ? BUILT : 'raw-socket')
  } catch (cause) {
    throw new AddonError(cause)
  }
}

function enlargeReceiveBuffer(socket: RawSocket): void {
  try {
    socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
  } catch {
    // Without CAP_NET_ADMIN over the machine (a container) the kernel gives at most net.core.rmem_max.
    socket.setOption(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES)
  }
}

function withAdvice(reason: string): string {
  return errnoOfText(reason) === 'EPERM' ? `${reason}; raw sockets need CAP_NET_RAW: run as root or grant it` : reason
}
