import { constants } from 'node:os'
import type { AddressFamily } from '../../../wire/ip-address-bytes.ts'
import { done, type Result } from '../../result.ts'
import type { StreamSockets } from '../../sockets/epoll.ts'
import { linuxStreamSockets } from '../../sockets/linux/epoll.ts'
import {
  AF_NETLINK,
  bind,
  close,
  errnoRefusal,
  lastErrno,
  lastFailure,
  MSG_DONTWAIT,
  NETLINK_ROUTE,
  recv,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  sockaddrNetlink,
  socket,
} from '../../sockets/linux/libc.ts'
import { readable } from '../../sockets/linux/readable.ts'
import type { InterfaceTruth, KernelEvent, KernelEventsOptions, KernelEventsPort } from '../kernel-events.ts'
import type { Netlink } from '../netlink.ts'
import { ARP, NEIGHBOUR_ADVERTISEMENTS, NeighbourSocket } from './neighbour-socket.ts'
import { openLinuxNetlink } from './netlink.ts'
import { NetlinkSocket } from './netlink-socket.ts'
import { eventsOf, groupsOf } from './rtnetlink-events.ts'
import { encodeGetRoutes, parseDefaultRoute, RTM_GETROUTE, RTM_NEWROUTE } from './rtnetlink-routes.ts'

/** A flood that was left to the kernel is looked at again within a second, and who ends this thread waits no longer than this. */
const WAIT_MS = 500
/** Of each socket in one turn, so that the event loop has its turn in a flood. */
const DATAGRAMS_A_TURN = 64
const FRAMES_A_SECOND = 500
const RECEIVE_BUFFER_BYTES = 65_536
const { EAGAIN, EINTR, ENOBUFS } = constants.errno

/**
 * rtnetlink notifications, and frames that tell who has an address, in the network namespace of the calling thread. libuv cannot wait for these
 * sockets itself, since Node.js takes no netlink or packet descriptor; a signal by them (O_ASYNC) can be had on the main thread only.
 */
export function openLinuxKernelEvents(): Result<KernelEventsPort> {
  const netlink = openLinuxNetlink()
  if (!netlink.ok) return netlink
  const routes = NetlinkSocket.open(NETLINK_ROUTE)
  if (routes.ok) return { ok: true, value: new LinuxKernelEvents(netlink.value, routes.value) }
  netlink.value.close()
  return routes
}

class LinuxKernelEvents implements KernelEventsPort {
  readonly #netlink: Netlink
  readonly #routes: NetlinkSocket
  readonly #sockets: StreamSockets = linuxStreamSockets()
  readonly #buffer = Buffer.alloc(RECEIVE_BUFFER_BYTES)
  #options: KernelEventsOptions = { defaultRoutes: false }
  #listen: (event: KernelEvent) => void = () => undefined
  #notifications = -1
  /** An eventfd: what is waited for has changed. */
  #wakeUp = -1
  #neighbours: readonly NeighbourSocket[] = []
  /** Until the second is over frames are left to the kernel, which drops what it has no room for. */
  #isFlooded = false
  /** There was no room for an event. Until the queue is empty the kernel drops what follows, too, and says so no second time: it is told then. */
  #overrun = false
  #frames = 0
  #secondStartedMs = 0
  #closed = false

  constructor(netlink: Netlink, routes: NetlinkSocket) {
    this.#netlink = netlink
    this.#routes = routes
  }

  open(options: KernelEventsOptions, listen: (event: KernelEvent) => void): Result {
    this.#notifications = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)
    if (this.#notifications < 0) return lastFailure('netlink notifications')
    const groups = sockaddrNetlink(groupsOf(options))
    if (bind(this.#notifications, groups, groups.length) < 0) return lastFailure('netlink notifications')
    this.#wakeUp = this.#sockets.createWakeUp()
    if (this.#wakeUp < 0) return errnoRefusal('eventfd', -this.#wakeUp)
    this.#listen = listen
    this.#options = options
    void this.#run()
    return done
  }

  read(interfaceName: string): Result<InterfaceTruth> {
    const found = this.#netlink.interfaceByName(interfaceName)
    if (!found.ok) {
      return found.code === 'ENODEV' ? { ok: true, value: { link: null, addresses: [], defaultRoute: null } } : found
    }
    const { index, mac, up, mtu, addresses } = found.value
    const defaultRoute = this.#options.defaultRoutes
      ? this.#readDefaultRoute(index)
      : { ok: true as const, value: null }
    if (!defaultRoute.ok) return defaultRoute
    return { ok: true, value: { link: { index, mac, up, mtu }, addresses, defaultRoute: defaultRoute.value } }
  }

  watchNeighbours(interfaceIndex: number, families: readonly AddressFamily[]): Result {
    this.#forgetNeighbours()
    for (const family of families) {
      const opened = NeighbourSocket.open(interfaceIndex, family === 'ipv4' ? ARP : NEIGHBOUR_ADVERTISEMENTS)
      if (!opened.ok) return opened
      this.#neighbours = [...this.#neighbours, opened.value]
    }
    this.#sockets.wake(this.#wakeUp)
    return done
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#forgetNeighbours()
    // Whoever waits has them still, and sees this before it lets them go.
    if (this.#wakeUp >= 0) this.#sockets.wake(this.#wakeUp)
    for (const fd of [this.#notifications, this.#wakeUp]) if (fd >= 0) close(fd)
    this.#netlink.close()
    this.#routes.close()
  }

  #readDefaultRoute(interfaceIndex: number): Result<InterfaceTruth['defaultRoute']> {
    const routes = this.#routes.dump(RTM_GETROUTE, encodeGetRoutes(), ({ type, payload }) =>
      type === RTM_NEWROUTE ? parseDefaultRoute(payload) : undefined,
    )
    if (!routes.ok) return routes
    const own = routes.value.filter((route) => route.interfaceIndex === interfaceIndex)
    const [best] = own.toSorted((one, other) => one.metric - other.metric)
    return { ok: true, value: best === undefined ? null : { gateway: best.gateway } }
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const frames = this.#isFlooded ? [] : this.#neighbours.map(({ fd }) => fd)
      const ready = await readable([this.#notifications, this.#wakeUp, ...frames], this.#overrun ? 0 : WAIT_MS)
      if (!this.#closed) this.#take(ready)
    }
  }

  #take(ready: ReadonlySet<number>): void {
    this.#beginSecond()
    if (ready.has(this.#wakeUp)) this.#sockets.clearWakeUp(this.#wakeUp)
    if (this.#overrun || ready.has(this.#notifications)) this.#takeNotifications()
    for (const neighbour of this.#neighbours) if (ready.has(neighbour.fd)) this.#takeFrames(neighbour)
  }

  #takeNotifications(): void {
    for (let taken = 0; taken < DATAGRAMS_A_TURN && !this.#closed; taken++) {
      const length = recv(this.#notifications, this.#buffer, this.#buffer.length, MSG_DONTWAIT)
      if (length < 0) {
        const errno = lastErrno()
        if (errno === ENOBUFS) {
          this.#overrun = true
          continue
        }
        // What stays to be read would wake this thread for ever.
        if (errno !== EAGAIN && errno !== EINTR) throw new Error(errnoRefusal('netlink notifications', errno).reason)
        if (this.#overrun) this.#listen({ type: 'overrun' })
        this.#overrun = false
        return
      }
      for (const event of eventsOf(this.#buffer.subarray(0, length))) this.#listen(event)
    }
  }

  #takeFrames(neighbour: NeighbourSocket): void {
    // Who listens may have asked for another interface's, or have closed this.
    for (let taken = 0; taken < DATAGRAMS_A_TURN && this.#neighbours.includes(neighbour); taken++) {
      this.#isFlooded = this.#frames >= FRAMES_A_SECOND
      if (this.#isFlooded) return
      const sighting = neighbour.take()
      if (sighting === undefined) return
      this.#frames += 1
      if (sighting !== null) this.#listen({ type: 'neighbour', ...sighting })
    }
  }

  #beginSecond(): void {
    const nowMs = performance.now()
    if (nowMs - this.#secondStartedMs < 1000) return
    this.#secondStartedMs = nowMs
    this.#frames = 0
    this.#isFlooded = false
  }

  #forgetNeighbours(): void {
    for (const neighbour of this.#neighbours) neighbour.close()
    this.#neighbours = []
  }
}
