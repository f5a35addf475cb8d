import type {
  InterfaceTruth,
  KernelEvent,
  KernelEventsOptions,
  KernelEventsPort,
} from '../../runtime/ports/netlink/kernel-events.ts'
import type { Netlink } from '../../runtime/ports/netlink/netlink.ts'
import { done, type Refusal, type Result } from '../../runtime/ports/result.ts'
import type { AddressFamily } from '../../runtime/wire/ip-address-bytes.ts'

/** What a test lets the kernel say. The truth is that of a `FakeNetlink`, or of whatever else is given. */
export class FakeKernelEvents implements KernelEventsPort {
  /** Interfaces whose neighbours are watched, and by what families, in the order of the calls. */
  readonly watched: (readonly [interfaceIndex: number, ...families: AddressFamily[]])[] = []
  defaultRoute: InterfaceTruth['defaultRoute'] = null
  readonly #netlink: Pick<Netlink, 'interfaceByName'>
  #listen: ((event: KernelEvent) => void) | undefined
  #refusal: Refusal | undefined

  constructor(netlink: Pick<Netlink, 'interfaceByName'>) {
    this.#netlink = netlink
  }

  get isOpen(): boolean {
    return this.#listen !== undefined
  }

  /** From now on reading is refused like this; undefined = no longer. */
  refuse(refusal: Refusal | undefined): void {
    this.#refusal = refusal
  }

  /** The kernel says this; lost where nobody listens. */
  say(event: KernelEvent): void {
    this.#listen?.(event)
  }

  open(_options: KernelEventsOptions, listen: (event: KernelEvent) => void): Result {
    this.#listen = listen
    return done
  }

  read(interfaceName: string): Result<InterfaceTruth> {
    if (this.#refusal) return this.#refusal
    const found = this.#netlink.interfaceByName(interfaceName)
    if (!found.ok) {
      return found.code === 'ENODEV' ? { ok: true, value: { link: null, addresses: [], defaultRoute: null } } : found
    }
    const { index, mac, up, mtu, addresses } = found.value
    return { ok: true, value: { link: { index, mac, up, mtu }, addresses, defaultRoute: this.defaultRoute } }
  }

  watchNeighbours(interfaceIndex: number, families: readonly AddressFamily[]): Result {
    this.watched.push([interfaceIndex, ...families])
    return done
  }

  close(): void {
    this.#listen = undefined
  }
}
