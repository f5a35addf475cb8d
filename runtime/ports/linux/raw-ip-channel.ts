import { createRequire } from 'node:module'
import type rawSocketModule from 'raw-socket'
import type { RawSocket } from 'raw-socket'
import { parseIpv4 } from '../../wire/addresses.ts'
import { addressBytes } from '../../wire/ip-address-bytes.ts'
import { emitIpv4Packet } from '../../wire/ipv4.ts'
import type { IpProtocol } from '../raw-ip.ts'
import { done, type Result, refused } from '../result.ts'
import {
  errnoOfText,
  IP_ADD_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IPPROTO_IP,
  IPPROTO_RAW,
  ipMreqn,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOL_SOCKET,
} from './libc.ts'

/** The group of the VRRP routers (RFC 9568 §5.1.1.2). */
const VRRP_GROUP = '224.0.0.18'
const PROTOCOL_VRRP = 112
/** Packets that may wait for the kernel to take them. */
const SENDS_UNDER_WAY_MAX = 64
/** A second of a flood of small packets fits, so that an advert that comes after it is not the one that is lost. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
/** The longest IPv4 packet. */
const PACKET_BYTES_MAX = 65_535
const PAYLOAD_BYTES_MAX = PACKET_BYTES_MAX - 20
/** RFC 9568 §5.1.1.3: a receiver can tell by it that no router passed the packet on. */
const TIME_TO_LIVE = 255

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

/**
 * One IP protocol on one interface, as two raw sockets. The one that receives never sends: raw-socket serves either
 * reading or writing in a turn of the event loop and prefers reading, so that a flood would hold our adverts back. The one
 * that sends is of protocol IPPROTO_RAW: it receives nothing, and what it sends has the header that we wrote, with a
 * source that is the node's own address whatever VIPs the interface holds (RFC 9568 §5.1.1.1).
 */
export class RawIpChannel {
  readonly #protocol: IpProtocol
  readonly #source: string
  readonly #receiver: RawSocket
  readonly #sender: RawSocket
  readonly #underWay = new Set<(result: Result) => void>()
  #closed = false

  private constructor(protocol: IpProtocol, address: ChannelAddress, sockets: readonly [RawSocket, RawSocket]) {
    this.#protocol = protocol
    this.#source = address.source
    ;[this.#receiver, this.#sender] = sockets
  }

  static open(protocol: IpProtocol, address: ChannelAddress, listener: ChannelListener): Result<RawIpChannel> {
    const opened: RawSocket[] = []
    const open = (socketProtocol: number): RawSocket => {
      const socket = loadRawSocket().createSocket({ protocol: socketProtocol, bufferSize: PACKET_BYTES_MAX })
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
      const receiver = open(protocol)
      const sender = open(IPPROTO_RAW)
      prepareReceiver(receiver, protocol, address)
      prepareSender(sender, address)
      // raw-socket hands out the same buffer each time.
      receiver.on('message', (packet) => listener.packet(new Uint8Array(packet)))
      return { ok: true, value: new RawIpChannel(protocol, address, [receiver, sender]) }
    } catch (error) {
      for (const socket of opened) socket.close()
      const reason = error instanceof Error ? error.message : String(error)
      return refused(errnoOfText(reason) ?? 'EIO', `raw socket for IP protocol ${protocol}: ${withAdvice(reason)}`)
    }
  }

  send(destination: string, payload: Uint8Array): Promise<Result> {
    if (this.#closed) return Promise.resolve(refused('EBADF', 'raw socket: closed'))
    if (this.#underWay.size >= SENDS_UNDER_WAY_MAX) {
      return Promise.resolve(refused('ENOBUFS', `raw socket: ${SENDS_UNDER_WAY_MAX} packets wait to be sent`))
    }
    if (parseIpv4(destination) === undefined || payload.length > PAYLOAD_BYTES_MAX) {
      return Promise.resolve(refused('EINVAL', `${payload.length} bytes cannot be sent to ${destination}`))
    }
    const header = { source: this.#source, destination, protocol: this.#protocol, ttl: TIME_TO_LIVE }
    const packet = Buffer.from(emitIpv4Packet({ ...header, payload }).buffer)
    return new Promise((resolve) => {
      this.#underWay.add(resolve)
      this.#sender.send(packet, 0, packet.length, destination, (error) => {
        this.#underWay.delete(resolve)
        const result = error
          ? refused(errnoOfText(error.message) ?? 'EIO', `to ${destination}: ${error.message}`)
          : done
        // Promises that are resolved inside raw-socket's native callback may wait for the next event; an immediate does not.
        setImmediate(resolve, result)
      })
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#receiver.close()
    this.#sender.close()
    for (const resolve of this.#underWay) resolve(refused('ECANCELED', 'raw socket: closed before the packet left'))
    this.#underWay.clear()
  }
}

/** The addon works on the main thread only and may be missing, so it is loaded when it is first needed. */
function loadRawSocket(): typeof rawSocketModule {
  try {
    return createRequire(import.meta.url)('raw-socket')
  } catch (cause) {
    throw new Error('the addon raw-socket does not load: run `npm rebuild raw-socket`', { cause })
  }
}

function prepareReceiver(socket: RawSocket, protocol: IpProtocol, address: ChannelAddress): void {
  try {
    socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
  } catch {
    // Without CAP_NET_ADMIN over the machine (a container) the kernel gives at most net.core.rmem_max.
    socket.setOption(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES)
  }
  if (protocol !== PROTOCOL_VRRP) return
  const membership = ipMreqn(bytesOf(VRRP_GROUP), bytesOf(address.source), address.interfaceIndex)
  socket.setOption(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, membership.length)
}

function prepareSender(socket: RawSocket, address: ChannelAddress): void {
  socket.pauseRecv()
  socket.setOption(SOL_SOCKET, SO_BROADCAST, 1)
  const outgoing = ipMreqn(bytesOf('0.0.0.0'), bytesOf(address.source), address.interfaceIndex)
  socket.setOption(IPPROTO_IP, IP_MULTICAST_IF, outgoing, outgoing.length)
  socket.setOption(IPPROTO_IP, IP_MULTICAST_LOOP, 0)
}

function bytesOf(address: string): Uint8Array {
  const bytes = addressBytes(address)
  if (bytes?.length !== 4) throw new Error(`${address} is no IPv4 address`)
  return bytes
}

function withAdvice(reason: string): string {
  return errnoOfText(reason) === 'EPERM' ? `${reason}; raw sockets need CAP_NET_RAW: run as root or grant it` : reason
}
