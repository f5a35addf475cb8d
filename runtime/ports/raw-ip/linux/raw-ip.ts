import { isMainThread } from 'node:worker_threads'
import { BEACON_PROTOCOL } from '../../../wire/beacon/beacon.ts'
import { VRRP_PROTOCOL } from '../../../wire/vrrp.ts'
import { openLinuxNetlink } from '../../netlink/linux/netlink.ts'
import { done, type Result, refused } from '../../result.ts'
import { if_nametoindex } from '../../sockets/linux/libc.ts'
import type { IpProtocol, RawIpListener, RawIpPort } from '../raw-ip.ts'
import { type ChannelAddress, type ChannelFamily, RawIpChannel } from './raw-ip-channel.ts'
import { rawIpv4 } from './raw-ipv4.ts'
import { checkIpv6Source, rawIpv6 } from './raw-ipv6.ts'

/** A drain ends here even while packets keep coming: a flood must not hold up the elector that waits for it. */
const DRAIN_PACKETS_MAX = 10_000

/** What a port is for: its protocols, how their packets look, and whether its source can be used. */
interface PortFamily {
  readonly protocols: readonly IpProtocol[]
  readonly channel: ChannelFamily
  checkSource(address: ChannelAddress): Result
}

/** Raw IPv4 sockets through the addon raw-socket, which works on the main thread only (`ENOTSUP` elsewhere). */
export function createLinuxRawIpPort(): RawIpPort {
  return new LinuxRawIpPort({ protocols: [VRRP_PROTOCOL, BEACON_PROTOCOL], channel: rawIpv4, checkSource: () => done })
}

/** The same for IPv6, where only VRRP is spoken: the beacons go between management IPs, which are IPv4. */
export function createLinuxRawIpv6Port(): RawIpPort {
  return new LinuxRawIpPort({ protocols: [VRRP_PROTOCOL], channel: rawIpv6, checkSource: checkIpv6Source })
}

/** A header of our own may name any source: that the interface has it is for us to see to (`EADDRNOTAVAIL`). */
function checkPresence({ interfaceName, source }: ChannelAddress): Result {
  const netlink = openLinuxNetlink()
  if (!netlink.ok) return netlink
  const found = netlink.value.interfaceByName(interfaceName)
  netlink.value.close()
  if (!found.ok) return found
  if (found.value.addresses.some(({ address }) => address === source)) return done
  return refused('EADDRNOTAVAIL', `${source} is not an address of ${interfaceName}`)
}

class LinuxRawIpPort implements RawIpPort {
  readonly #family: PortFamily
  readonly #channels = new Map<IpProtocol, RawIpChannel>()
  /** Packets that raw-socket's native callback left here for the immediate that delivers them. */
  #arrived: { readonly protocol: IpProtocol; readonly packet: Uint8Array }[] = []
  #arrivals = 0
  #listener: RawIpListener | undefined

  constructor(family: PortFamily) {
    this.#family = family
  }

  open(interfaceName: string, sourceAddress: string, listener: RawIpListener): Result {
    if (!isMainThread) return refused('ENOTSUP', 'raw sockets can be opened on the main thread only')
    this.close()
    const interfaceIndex = if_nametoindex(interfaceName)
    if (interfaceIndex === 0) return refused('ENODEV', `there is no network interface ${interfaceName}`)
    const address: ChannelAddress = { interfaceName, interfaceIndex, source: sourceAddress }
    const usable = checkPresence(address)
    if (!usable.ok) return usable
    const permitted = this.#family.checkSource(address)
    if (!permitted.ok) return permitted
    this.#listener = listener
    for (const protocol of this.#family.protocols) {
      const opened = this.#openChannel(protocol, address)
      if (opened.ok) continue
      this.close()
      return opened
    }
    return done
  }

  send(protocol: IpProtocol, destination: string, payload: Uint8Array): Promise<Result> {
    const channel = this.#channels.get(protocol)
    return channel?.send(destination, payload) ?? Promise.resolve(refused('EBADF', 'raw socket: not open'))
  }

  drain(): Promise<number> {
    const arrivalsBefore = this.#arrivals
    let arrivalsAtLastLook = -1
    return new Promise((resolve) => {
      // An immediate runs right after the poll phase, in which raw-socket reads one packet per socket. The first look may
      // come in the middle of a poll phase, so only what the whole phases after it bring (or do not) counts.
      const look = (): void => {
        this.#deliver()
        const delivered = this.#arrivals - arrivalsBefore
        if (this.#arrivals === arrivalsAtLastLook || delivered >= DRAIN_PACKETS_MAX) {
          resolve(delivered)
          return
        }
        arrivalsAtLastLook = this.#arrivals
        setImmediate(look)
      }
      setImmediate(look)
    })
  }

  overflowed(protocol: IpProtocol): number {
    return this.#channels.get(protocol)?.overflowed() ?? 0
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close()
    this.#channels.clear()
    this.#arrived = []
    this.#listener = undefined
  }

  #openChannel(protocol: IpProtocol, address: ChannelAddress): Result {
    const channel = RawIpChannel.open(protocol, this.#family.channel, address, {
      packet: (packet) => this.#arrive(protocol, packet),
      error: (reason) => setImmediate(() => this.#listener?.error(protocol, reason)),
    })
    if (!channel.ok) return channel
    this.#channels.set(protocol, channel.value)
    return done
  }

  /** Called from native code: promises that the listener resolved there could wait for the next event. */
  #arrive(protocol: IpProtocol, packet: Uint8Array): void {
    this.#arrivals += 1
    if (this.#arrived.push({ protocol, packet }) === 1) setImmediate(() => this.#deliver())
  }

  #deliver(): void {
    const arrived = this.#arrived
    this.#arrived = []
    for (const { protocol, packet } of arrived) this.#listener?.packet(protocol, packet)
  }
}
